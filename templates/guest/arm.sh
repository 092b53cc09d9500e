#!/bin/sh
# The gate in front of the settings that panic this guest: they become live only once a crash would really be captured.
# Started by provision-arm.service at every boot; settings in /etc/provision/arm.conf. What it decided stands in
# /run/provision/arm, one line: BOOT_ID STATE REASON.
set -u
LC_ALL=C
export LC_ALL

STATUS=/run/provision/arm
FRAGMENTS=/etc/provision/armed.d
WHEN=kdump-ready AFTER=120 CRASHES=3 WITHIN=3600
# shellcheck disable=SC1091
[ -r /etc/provision/arm.conf ] && . /etc/provision/arm.conf

read -r boot_id </proc/sys/kernel/random/boot_id
said=

report() {
  [ "$said" = "$*" ] && return 0
  said="$*"
  mkdir -p "${STATUS%/*}"
  printf '%s %s\n' "$boot_id" "$*" >"$STATUS.new" && mv -f "$STATUS.new" "$STATUS"
  printf '%s\n' "$*"
}

crash_loaded() {
  loaded=0
  for file in /sys/kernel/kexec/crash_loaded /sys/kernel/kexec_crash_loaded; do
    if [ -r "$file" ]; then
      read -r loaded <"$file"
      break
    fi
  done
  [ "$loaded" = 1 ]
}

uptime_seconds() {
  read -r seconds _ </proc/uptime
  seconds=${seconds%%.*}
}

# Crashes captured lately, by the age of their directories.
recent_crashes() {
  find /var/crash -mindepth 1 -maxdepth 1 -type d -name '2*' -mmin "-$((WITHIN / 60 + 1))" 2>/dev/null | wc -l
}

if [ -e /proc/vmcore ]; then
  report refused "this is the capture kernel"
  exit 0
fi

uptime_seconds
while [ "$seconds" -lt "$AFTER" ]; do
  report waiting "for $AFTER s of uptime"
  sleep $((AFTER - seconds < 5 ? AFTER - seconds : 5))
  uptime_seconds
done

# Loading flickers while kdump-tools reloads (CPU or memory hotplug), so a "no" is asked again, for ever.
pause=1
while [ "$WHEN" = kdump-ready ] && ! crash_loaded; do
  report waiting "for kdump: no crash kernel is loaded"
  sleep "$pause"
  pause=$((pause < 5 ? pause + 1 : 5))
done

crashes=$(recent_crashes)
if [ "$CRASHES" -gt 0 ] && [ "$crashes" -ge "$CRASHES" ]; then
  report refused "breaker: $crashes crashes within $WITHIN s; staying disarmed"
  exit 0
fi

failed=
for fragment in "$FRAGMENTS"/*.conf; do
  [ -r "$fragment" ] || continue
  while IFS='= ' read -r key value || [ -n "$key" ]; do
    case $key in '' | '#'*) continue ;; esac
    path=/proc/sys/$(printf '%s' "$key" | tr . /)
    { printf '%s\n' "$value" >"$path"; } 2>/dev/null
    # A sysctl answers only at offset 0, so the shell's own read, byte by byte, would see its first digit.
    now=$(head -n 1 "$path" 2>/dev/null)
    [ "$now" = "$value" ] || failed="$failed $key (wanted $value, reads ${now:-nothing})"
  done <"$fragment"
done
if [ -n "$failed" ]; then
  report failed "not armed as asked:$failed"
  exit 1
fi
report armed "panic settings are live"
