# Who is blocked, and where: two looks at all threads, and the kernel stacks of those that stand in D in both. Reads only.
# Of a task it opens stat, status, sched, wchan and stack: cmdline, environ, maps, exe and fd need the task's own locks, and
# a blocked one never gives them back. Even stack can wait (for an exec that hangs), so every read is done by a
# process that may be lost: this shell waits for none of them past its limit, and says what it did without.
#
# The text before this one may set PROCESS (also the threads of that name, whatever their state) and DEADLINE (seconds for
# everything). `section NAME` comes from the frame; `section() { printf '## %s\n' "$1"; }` will do.
: "${PROCESS:=}" "${DEADLINE:=20}"
LC_ALL=C
export LC_ALL PROCESS
exec 3>&1

fact() { printf '%s %s\n' "$1" "$2"; }

first() {
  v=
  [ -r "$1" ] || return 1
  { IFS= read -r v <"$1"; } 2>/dev/null
}

fact_from() {
  if first "$2"; then fact "$1" "$v"; fi
}

# Hundredths of a second since boot.
clock() {
  IFS=' .' read -r whole part _ </proc/uptime
  part=${part#0}
  clock=$((whole * 100 + part))
}

# limit SECONDS: of these, what is left of the whole; fails when nothing is.
limit() {
  clock
  limit=$(((finish - clock) / 100))
  [ "$limit" -gt "$1" ] && limit=$1
  [ "$limit" -ge 1 ]
}

# pass BATCH PATTERN FILTER: the files of $paths, so many a process, each line as `path:line`, through an awk program that
# says on standard error what is to be asked for next. A reader that cannot even be killed is left behind by the second
# timeout, and holds this pipe open for good: hence the mark, which blanks push past what awk reads at once.
pass() {
  {
    printf '%s\n' "$paths"
    printf '%s\n' "$paths" | timeout -k 1 "$limit" xargs -n "$1" -P 4 \
      timeout -s KILL 2 timeout 1 grep -a -H --line-buffered -E -e "$2" /dev/null 3>&-
    printf '%s\n%65536s\n' end ''
  } 2>/dev/null | awk "$3" 2>&1 >&3
}

# Which paths came to nothing. Lines of a file begin with its path and a colon; the others are the paths asked for.
# shellcheck disable=SC2016
KEEP='
  /^end$/ { for (path in open) print path > "/dev/stderr"; exit }
  { at = index($0, ":") }
  !at { open[$0] = 1; next }
  { delete open[substr($0, 1, at - 1)]; print }'

# One line of each thread: ids, the fields of stat that tell something, its name. Of those that sleep only the first
# thread of each process, for its name. Asks for what is blocked, and for what PROCESS names.
# shellcheck disable=SC2016
THREADS='
  /^end$/ {
    for (state in states) counts = counts " " state states[state]
    print "states" counts
    print "read", seen + 0
    for (id in wanted) print wanted[id] > "/dev/stderr"
    if (process != "") for (id in owner) if (!(id in wanted) && name[owner[id]] == process) print task[id] > "/dev/stderr"
    for (path in open) print path > "/dev/stderr"
    exit
  }
  { at = index($0, ":") }
  !at { open[$0] = 1; next }
  {
    path = substr($0, 1, at - 1)
    delete open[path]
    rest = substr($0, at + 1)
    begin = index(rest, "(")
    match(rest, /.*\)/)
    comm = substr(rest, begin + 1, RLENGTH - begin - 1)
    split(substr(rest, RLENGTH + 2), f, " ")
    depth = split(path, part, "/")
    tgid = part[depth - 3]; tid = part[depth - 1]
    sub(/\/stat$/, "", path)
    states[f[1]]++
    seen++
    if (tgid == tid) name[tgid] = comm
    if (process != "") { owner[tid] = tgid; task[tid] = path }
    if (f[1] == "D" || f[1] == "R" || (process != "" && comm == process)) wanted[tid] = path
    if (tgid == tid || f[1] != "S" || process != "")
      print tgid, tid, f[1], f[2], f[7], f[12] + f[13], f[20], f[37], f[38], f[39], comm
  }'

# all PATTERN FILTER: every file of $paths, first many at a time; what a stuck one took with it is asked for again, in the end
# one by one. Tasks that the filter asks for become $found.
all() {
  found=
  for batch in 500 20 1; do
    asked=$paths
    answer=$paths
    before=$clock
    if limit 8; then
      before=$clock
      answer=$(pass "$batch" "$1" "$2")
      clock
      found="$found $(asked_for tasks)"
    fi
    paths=$(asked_for files)
    [ -n "$paths" ] || return 0
    # Nobody takes a second to be refused.
    why=deadline
    if [ "$limit" -ge 1 ] && [ $((clock - before)) -lt 100 ]; then why=refused; fi
    if [ "$why$asked" = "refused$paths" ]; then break; fi
  done
  # shellcheck disable=SC2086
  unread="$unread$(printf "$why %s\n" $paths)
"
}

# asked_for tasks|files: of the answer, those that are still there.
asked_for() {
  for path in $answer; do
    case $path in
      */task/*/*) kind=files ;;
      */task/*) kind=tasks ;;
      *) kind=files ;;
    esac
    if [ "$kind" = "$1" ] && [ -e "$path" ]; then printf '%s\n' "$path"; fi
  done
}

# of NAME..: these files of all wanted tasks become $paths.
# shellcheck disable=SC2086
of() {
  paths=$(for name in "$@"; do if [ -n "$wanted" ]; then printf "%s/$name\n" $wanted; fi; done)
}

clock
start=$clock
finish=$((start + DEADLINE * 100))
unread=''

section host
fact_from uptime /proc/uptime
fact_from hostname /proc/sys/kernel/hostname
fact_from kernel /proc/sys/kernel/osrelease
fact_from version /proc/sys/kernel/version
fact_from boot_id /proc/sys/kernel/random/boot_id
fact_from cmdline /proc/cmdline
fact_from online /sys/devices/system/cpu/online
fact_from isolated /sys/devices/system/cpu/isolated
fact_from nohz_full /sys/devices/system/cpu/nohz_full
fact_from rt_runtime /proc/sys/kernel/sched_rt_runtime_us
fact_from workqueue_cpus /sys/devices/virtual/workqueue/cpumask
for key in timeout_secs panic warnings detect_count; do fact_from "hung_task_$key" "/proc/sys/kernel/hung_task_$key"; done
fact now "$(date +%s)"
uid=
while IFS= read -r line; do
  case $line in Uid:*) uid=${line#Uid:?} uid=${uid%%[!0-9]*}; fact uid "$uid"; break ;; esac
done </proc/self/status

section threads
set -- /proc/[0-9]*/task/[0-9]*/stat
fact listed $#
paths=$(printf '%s\n' "$@")
set --
# The name goes in as it stands in stat: awk would read backslashes of an assignment.
all '' "BEGIN { process = ENVIRON[\"PROCESS\"] } $THREADS"
wanted=$found

section before
of status sched
paths="/proc/self/sched
/proc/stat
$paths"
SWITCHES='^((non)?voluntary_ctxt_switches|cpu[0-9]*)[: ]|^se\.exec_start'
all "$SWITCHES" "$KEEP"

section stacks
of wchan
stacks=
if first /proc/self/stack; then
  of wchan stack
  stacks=yes
fi
if [ -n "$wanted" ]; then all '' "$KEEP"; fi
[ -n "$stacks" ] || unread="${unread}refused /proc/self/stack
"

section context
paths=
for path in /proc/meminfo /proc/loadavg /proc/vmstat /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory /proc/slabinfo; do
  [ -r "$path" ] && paths="$paths${paths:+
}$path"
done
all '' "$KEEP"

# So that what is only busy with a disk has a chance to go on.
sleep 0.3
section after
of stat status
paths="/proc/self/sched
/proc/stat
$paths"
all "$SWITCHES|^[0-9]+ \\(" "$KEEP"

section unread
printf '%s' "$unread"
clock
fact hundredths $((clock - start))
