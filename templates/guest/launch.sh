# Starts a job detached from this session, so that a dropped connection never stops dpkg half way, and follows its log.
# JOB and SCRIPT are set before; SCRIPT is empty when a job that runs already is to be picked up.
umask 077
job=/run/provision/jobs/$JOB
refuse() {
  section result
  printf 'refused %s\n' "$1"
  exit 0
}
if [ -n "$SCRIPT" ] && [ ! -e "$job/log" ]; then
  mkdir -p "$job" /run/lock || refuse "cannot make $job"
  printf '%s\n' "$SCRIPT" >"$job/script" || refuse "cannot write $job/script"
  : >"$job/log"
  if [ -d /run/systemd/system ] &&
    systemd-run --quiet --collect --unit="provision-$JOB" --description='provision converge' \
      /bin/sh "$job/script" 2>"$job/launch"; then
    :
  elif ! setsid -f sh "$job/script" </dev/null >/dev/null 2>&1; then
    refuse 'neither systemd-run nor setsid could start it'
  fi
fi
[ -e "$job/log" ] || refuse 'no such job'
attempts=0
while [ ! -s "$job/pid" ] && [ ! -e "$job/rc" ] && [ "$attempts" -lt 200 ]; do
  sleep 0.05
  attempts=$((attempts + 1))
done
pid=
{ read -r pid <"$job/pid"; } 2>/dev/null
section log
tail -n +1 -s 0.1 -f --pid="${pid:-1000000000}" "$job/log"
rc=
# The exit code is written by the last line of the job's life; a killed job has none.
{ read -r rc <"$job/rc"; } 2>/dev/null
section result
printf 'exit %s\n' "$rc"
