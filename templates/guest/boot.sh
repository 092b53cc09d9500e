# Looks at a guest that was asked to reboot: which boot answers, and whether it stays. OLD_BOOT_ID is the boot that was to
# end; SETTLE is how long the end of a boot is waited for here, STABLE the time between the two looks, both in seconds.
# GIVEN_UP is a file in which the one who was to crash the old boot says why it did not, or empty.
first() {
  v=
  { IFS= read -r v <"$1"; } 2>/dev/null
  [ -n "$v" ]
}

look() {
  section "$1"
  first /proc/sys/kernel/random/boot_id && printf 'boot_id %s\n' "$v"
  boot_id=$v
  first /etc/machine-id && printf 'machine_id %s\n' "$v"
  first /proc/uptime && printf 'uptime %s\n' "$v"
  first /proc/cmdline && printf 'cmdline %s\n' "$v"
}

look boot
if [ -e /proc/vmcore ]; then
  printf 'capture_kernel yes\n'
  exit 0
fi
if [ "$boot_id" = "$OLD_BOOT_ID" ]; then
  [ -n "$GIVEN_UP" ] && first "$GIVEN_UP" && printf 'given_up %s\n' "$v"
  if [ -d /run/systemd/system ]; then
    timeout 5 systemctl list-jobs --no-legend 2>/dev/null | while read -r _ unit kind state; do
      [ "$kind $state" = 'stop running' ] && printf 'stopping %s\n' "$unit"
    done
  fi
  exit 0
fi
system=
if [ -d /run/systemd/system ]; then
  timeout "$SETTLE" systemctl is-system-running --wait >/dev/null 2>&1
fi
sleep "$STABLE"
# What kept kexec-tools from its kexec goes with the boot that it was for; its own script has mostly removed it.
if [ -f /no-kexec-reboot ] && [ "$(cat /no-kexec-reboot)" = 'provision' ]; then rm -f /no-kexec-reboot; fi
look again
if [ -d /run/systemd/system ]; then
  system=$(timeout 10 systemctl is-system-running 2>/dev/null)
  printf 'system %s\n' "$system"
fi
