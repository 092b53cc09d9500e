# Follows the arm gate: says what stands in its status file whenever that changes, until it has decided or LIMIT seconds
# are over. LIMIT is set before.
section gate
boot_id=
{ read -r boot_id </proc/sys/kernel/random/boot_id; } 2>/dev/null
said=
left=$LIMIT
while :; do
  status=
  { read -r status </run/provision/arm; } 2>/dev/null
  # Another boot's line says nothing about this one.
  case $status in
    "$boot_id "*) status=${status#"$boot_id "} ;;
    *) status= ;;
  esac
  if [ "$status" != "$said" ]; then
    said=$status
    printf '%s\n' "$said"
  fi
  case $said in armed* | refused* | failed*) break ;; esac
  [ "$left" -gt 0 ] || break
  sleep 1
  left=$((left - 1))
done
