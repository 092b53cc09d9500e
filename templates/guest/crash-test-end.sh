# How the boot after a crash test began, and the last words of the capture kernel about it. CAPTURE_LOG is set before, and
# SINCE, the time of the crash: an older log is another crash's.
section end
read -r uptime _ </proc/uptime
printf 'now %s\nuptime %s\n' "$(date +%s)" "$uptime"

section capture-log
if [ -e "$CAPTURE_LOG" ] && [ "$(stat -c %Y "$CAPTURE_LOG")" -ge "$SINCE" ]; then
  tr -d '\000' <"$CAPTURE_LOG" | tail -n 60
fi
