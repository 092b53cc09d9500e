# What a crash test left: how a hang ended that made no panic, the clock, and the last words of the capture kernel about
# the crash. DUMP_DIRECTORY is set before, empty when there is none.
section end
read -r boot_id </proc/sys/kernel/random/boot_id
read -r uptime _ </proc/uptime
printf 'boot_id %s\nnow %s\nuptime %s\n' "$boot_id" "$(date +%s)" "$uptime"
result=
{ read -r result </run/provision/crash-test/result; } 2>/dev/null
[ -n "$result" ] && printf 'result %s\n' "$result"

section capture-log
KDUMP_COREDIR=/var/crash
# shellcheck disable=SC1091
[ -r /etc/default/kdump-tools ] && . /etc/default/kdump-tools
log=$KDUMP_COREDIR/capture.log
[ -n "$DUMP_DIRECTORY" ] && [ -e "$KDUMP_COREDIR/$DUMP_DIRECTORY/capture.log" ] && log=$KDUMP_COREDIR/$DUMP_DIRECTORY/capture.log
if [ -n "$SINCE" ] && [ -e "$log" ] && [ "$(stat -c %Y "$log")" -ge "$SINCE" ]; then
  tr -d '\000' <"$log" | tail -n 60
fi
