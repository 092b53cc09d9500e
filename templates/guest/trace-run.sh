# Runs one tracing tool for a bounded time and prints what it found. Whatever happens to this script - a signal, a reader
# that is gone, the end of the session - the tool and the files go with it; `timeout` ends the tool even when this shell is
# killed outright. Everything is in memory: the disk may be what hangs.
# RUN, PROGRAM, BOUND (seconds), TARGET (process, pid, tid, cgroup or all) and VALUE, BT (the text of a bpftrace program, or
# nothing), PID_FLAG (what narrows the tool to one process, or nothing), MAX_KIB, and "$@", the arguments of the tool, are
# set by the text before this one.

say() { printf '%s\n' "$1" || exit 1; }

# Threads that are in an uninterruptible sleep right now, with how often they have been on a CPU of their own will.
blocked() {
  found=
  for stat in $(printf '%s\0' "$@" | timeout -k 1 20 xargs -0 grep -lsE '^[0-9]+ \(.*\) D ' 2>/dev/null | head -n 200); do
    found="$found ${stat%/stat}/status"
  done
  # shellcheck disable=SC2086
  [ -z "$found" ] || timeout -k 1 20 grep -sHE '^(Name|Tgid|Pid|voluntary_ctxt_switches):' $found
}

stats_of() {
  case $TARGET in
    all) blocked /proc/[0-9]*/task/[0-9]*/stat ;;
    *)
      set --
      for pid in $pids; do set -- "$@" "/proc/$pid"/task/[0-9]*/stat; done
      for tid in $tids; do set -- "$@" "/proc/$tid/stat"; done
      [ $# -eq 0 ] || blocked "$@"
      ;;
  esac
}

find_target() {
  pids='' tids='' wanted=1
  case $TARGET in
    process)
      for process in /proc/[0-9]*; do
        comm=
        { IFS= read -r comm <"$process/comm"; } 2>/dev/null
        [ "$comm" = "$VALUE" ] && pids="$pids ${process#/proc/}"
      done
      wanted="comm == $QUOTED"
      for pid in $pids; do wanted="$wanted || pid == $pid"; done
      ;;
    pid) pids=$VALUE wanted="pid == $VALUE" ;;
    tid) tids=$VALUE wanted="tid == $VALUE" ;;
    cgroup)
      group=/sys/fs/cgroup/$VALUE
      if [ ! -r "$group/cgroup.procs" ]; then
        say "absent $VALUE"
        exit 1
      fi
      wanted=
      for id in $(find "$group" -type d -printf '%i\n' | head -n 64); do
        wanted="${wanted:+$wanted || }cgroup == $id"
      done
      pids=$(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null)
      ;;
  esac
  for pid in $pids; do [ -d "/proc/$pid" ] && say "process $pid"; done
  for tid in $tids; do [ -d "/proc/$tid" ] && say "thread $tid"; done
}

(
  # Removed with all that is in it, so nothing below may ever give it another value.
  readonly mine="/run/provision-trace.${RUN:?}"
  tool=
  # shellcheck disable=SC2317,SC2329
  over() {
    trap '' HUP INT TERM PIPE
    if [ -n "$tool" ]; then
      kill -TERM "$tool" 2>/dev/null
      wait "$tool" 2>/dev/null
    fi
    rm -rf "$mine"
  }
  umask 077
  mkdir "$mine" || exit
  trap over EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 141' PIPE

  section target
  find_target
  if [ -n "$BT" ]; then
    printf '%s%s%s' "${BT%%@TARGET@*}" "$wanted" "${BT#*@TARGET@}" >"$mine/program.bt"
    set -- "$@" "$mine/program.bt"
  elif [ "$TARGET" = process ] && [ -n "$PID_FLAG" ]; then
    # These take one process; of several, all is traced, and sorted out afterwards by name.
    case ${pids# } in
      '' | *' '*) ;;
      *)
        say narrowed
        set -- "$PID_FLAG" "${pids# }" "$@"
        ;;
    esac
  fi

  section before
  stats_of

  section progress
  export BPFTRACE_MAP_KEYS_MAX=32768 BPFTRACE_MAX_MAP_KEYS=32768 PYTHONUNBUFFERED=1
  : >"$mine/out"
  # The output has a limit: a tool that goes over it is ended by the kernel, and what it wrote until then is kept.
  (
    ulimit -f $((MAX_KIB * 2))
    exec timeout -s INT -k 15 "$BOUND" "$PROGRAM" "$@" >"$mine/out" 2>"$mine/err"
  ) &
  tool=$!
  seconds=0 began='' stopped=''
  while kill -0 "$tool" 2>/dev/null; do
    first=
    IFS= read -r first <"$mine/out"
    # Also how a reader that is gone is noticed.
    if [ -n "$first" ]; then
      began=${began:-$seconds}
      say "tracing $((seconds - began))"
    else
      say "starting $seconds"
    fi
    if [ -z "$stopped" ] && [ -e "$mine/stop" ]; then
      stopped=yes
      say "stopping $seconds"
      kill -INT "$tool" 2>/dev/null
    fi
    sleep 1
    seconds=$((seconds + 1))
  done
  wait "$tool"
  status=$?
  tool=
  say "reading $seconds"

  section after
  stats_of
  section result
  say "exit $status"
  [ -n "$stopped" ] && say stopped
  size=$(wc -c <"$mine/out")
  say "size $size"
  [ "$size" -ge $((MAX_KIB * 1024)) ] && say full
  section errors
  tail -c 4096 "$mine/err"
  section output
  cat "$mine/out"
)
exit $?
