# Crashes this guest once, on purpose. TAG marks the crash in the kernel's log; HANG_SECONDS is empty for sysrq-c, else how
# long a task is kept blocked before the test gives up. Both are set before. The crash is detached from this session.
DIRECTORY=/run/provision/crash-test

refuse() {
  section trigger
  printf 'refused %s\n' "$1"
  exit 0
}

[ -e /proc/vmcore ] && refuse 'this is the capture kernel'
[ -e "$DIRECTORY/running" ] && refuse 'a crash test runs on this guest already'
mkdir -p "$DIRECTORY" || refuse "cannot make $DIRECTORY"
rm -f "$DIRECTORY/result"
umask 077

if [ -z "$HANG_SECONDS" ]; then
  cat >"$DIRECTORY/job" <<'JOB'
sleep 1
printf 'provision-crash-test: %s\n' "$1" >/dev/kmsg
sync
printf c >/proc/sysrq-trigger
printf 'sysrq-c had no effect\n' >"$3/result"
rm -f "$3/running"
JOB
else
  for program in mkfs.ext4 mount fsfreeze; do
    command -v "$program" >/dev/null 2>&1 || refuse "$program is not installed on the guest"
  done
  # A task that waits for a frozen file system is blocked as one that waits for a device is; all of it is gone with the
  # boot, and taken away again when no panic comes.
  cat >"$DIRECTORY/job" <<'JOB'
cd "$3" || exit 1
stop() {
  printf '%s\n' "$1" >result
  fsfreeze -u disk.d 2>/dev/null
  wait
  umount disk.d 2>/dev/null
  rm -rf disk disk.d running
  exit 0
}
mkdir disk.d && truncate -s 16M disk && mkfs.ext4 -q -F disk && mount -o loop disk disk.d || stop 'no file system to freeze'
sync
fsfreeze -f disk.d || stop 'the file system cannot be frozen'
printf 'provision-crash-test: %s\n' "$1" >/dev/kmsg
sh -c 'printf provision-hang >/proc/$$/comm; echo x >disk.d/file' &
sleep "$2"
stop 'a task was blocked, and hung_task did not panic'
JOB
fi
: >"$DIRECTORY/running"

section before
read -r boot_id </proc/sys/kernel/random/boot_id
printf 'boot_id %s\nnow %s\n' "$boot_id" "$(date +%s)"

section trigger
set -- "$DIRECTORY/job" "$TAG" "$HANG_SECONDS" "$DIRECTORY"
if [ -d /run/systemd/system ] && systemd-run --quiet --collect --unit=provision-crash-test /bin/sh "$@" 2>/dev/null; then
  printf 'started\n'
elif setsid -f sh "$@" </dev/null >/dev/null 2>&1; then
  printf 'started\n'
else
  rm -f "$DIRECTORY/running"
  printf 'refused neither systemd-run nor setsid could start it\n'
fi
