# Follows stacks.sh when SYSRQ names keys: what the kernel itself says of blocked tasks (w), and of all tasks and workqueues
# (t). The log is read while the kernel writes it, for a small one holds less than one answer; records that were overwritten
# all the same are counted. Root may write to sysrq-trigger whatever kernel.sysrq says, and in a container it would ask a
# kernel that is somebody else's: the first pid namespace of a kernel has had this number since 3.8.
section sysrq
sysrq_refusal() {
  [ "$uid" = 0 ] || { echo 'only root may ask'; return; }
  [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || { echo 'the kernel is not its own: this is a container'; return; }
  [ -w /proc/sysrq-trigger ] || { echo 'there is no /proc/sysrq-trigger'; return; }
  [ -c /dev/kmsg ] || echo 'there is no /dev/kmsg to read the answer from'
}

# Records as `level,sequence,time,flags;text`; a second reading begins at the oldest again.
# shellcheck disable=SC2016
RECORDS='
  /^ / { next }
  { at = index($0, ";"); split($0, field, ","); number = field[2] + 0 }
  !on { if (index($0, mark " begins")) { on = 1; seen = number }; next }
  number <= seen { next }
  { lost += number - seen - 1; seen = number }
  index($0, mark " ends") { done = 1; exit }
  { print substr($0, at + 1) }
  END { print "lost", lost + 0; if (!done) print "cut" }'

read_log() {
  timeout -k 1 "$limit" sh -c '
    while :; do
      dd if=/dev/kmsg iflag=nonblock bs=8192 2>/dev/null
      [ $? -gt 128 ] && exit
      sleep 0.05
    done' | awk -v "mark=$mark" "$RECORDS"
}

ask_kernel() {
  limit 15 || { fact refused 'no time was left'; return; }
  mark="provision stacks $$-$1"
  fact key "$1"
  read_log &
  reader=$!
  printf '%s begins\n' "$mark" >/dev/kmsg
  timeout -s KILL 12 timeout 10 sh -c "echo $1 >/proc/sysrq-trigger"
  printf '%s ends\n' "$mark" >/dev/kmsg
  wait "$reader"
}

refusal=$(sysrq_refusal)
if [ -n "$refusal" ]; then
  fact refused "$refusal"
else
  case $SYSRQ in *w*) ask_kernel w ;; esac
  case $SYSRQ in *t*) ask_kernel t ;; esac
fi
