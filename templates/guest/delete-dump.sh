# Takes one dump off the guest, and only when every file in it still is what was fetched and no other is there. DIRECTORY
# and delete_dump's arguments (checksum and name, for every file) are set by the text before and after this one.
delete_dump() {
  section result
  if [ -L "$DIRECTORY" ] || ! cd "$DIRECTORY" 2>/dev/null; then
    printf 'gone\n'
    return
  fi
  there=$(find . -mindepth 1 -maxdepth 1 -printf x)
  if [ "${#there}" -ne "$(($# / 2))" ]; then
    printf 'changed there are other files in it now\n'
    return
  fi
  rounds=$(($# / 2))
  while [ "$rounds" -gt 0 ]; do
    sum=$(sha256sum <"./$2") || sum=
    if [ "${sum%% *}" != "$1" ]; then
      printf 'changed %s is not what was fetched\n' "$2"
      return
    fi
    set -- "$@" "$2"
    shift 2
    rounds=$((rounds - 1))
  done
  for name in "$@"; do
    rm -f -- "./$name" || return
  done
  cd / && rmdir -- "$DIRECTORY" && printf 'deleted\n'
}
