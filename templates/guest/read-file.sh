# Hands over one file from OFFSET on, as raw bytes, then its checksum. FILE, SIZE, MTIME, OFFSET and PREFIX (the sha256 of
# what the other side has already, when OFFSET is not 0) are set by the text before this one.
section file
looks() { stat -c '%s %Y' -- "$FILE" 2>/dev/null; }
if [ "$(looks)" != "$SIZE $MTIME" ]; then
  printf 'changed\n'
  exit 0
fi
if [ "$OFFSET" -gt 0 ]; then
  sum=$(head -c "$OFFSET" -- "$FILE" | sha256sum)
  if [ "${sum%% *}" != "$PREFIX" ]; then OFFSET=0; fi
fi
printf 'offset %s\n' "$OFFSET"
raw "$((SIZE - OFFSET))"
dd if="$FILE" bs=1M iflag=skip_bytes,count_bytes skip="$OFFSET" count="$((SIZE - OFFSET))" 2>/dev/null
section sum
sha256sum <"$FILE"
[ "$(looks)" = "$SIZE $MTIME" ] || printf 'changed\n'
