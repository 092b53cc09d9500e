# Reads what kdump-tools has saved and changes nothing; one round trip, about a dozen processes however many dumps there
# are. SINCE (seconds since the epoch) leaves out directories that were not touched since then; DEEP=yes also decompresses
# compressed dumps, which costs CPU time. Both are set by the text before this one. Names end in NUL: they may hold anything.

fact() { printf '%s %s\n' "$1" "$2"; }

# The file is shell text, and this is how kdump-config reads it.
KDUMP_COREDIR='' NFS='' SSH='' FTP=''
setting() (
  set +u
  # shellcheck disable=SC1091
  . /etc/default/kdump-tools >/dev/null 2>&1
  eval "printf %s \"\$$1\""
)
remote=
if [ -r /etc/default/kdump-tools ]; then
  KDUMP_COREDIR=$(setting KDUMP_COREDIR)
  for name in NFS SSH FTP; do
    value=$(setting "$name")
    if [ -n "$value" ]; then remote="$name $value"; fi
  done
fi
coredir=${KDUMP_COREDIR:-/var/crash}
coredir=${coredir%/}

section host
fact now "$(date +%s)"
{ IFS= read -r v </proc/sys/kernel/random/boot_id; } 2>/dev/null && fact boot_id "$v"
while IFS= read -r v; do
  case $v in MemTotal:*) fact memory "$v"; break ;; esac
done </proc/meminfo
[ -e /proc/vmcore ] && fact capture_kernel yes
[ -e "$coredir/kdump_lock" ] && fact kdump_lock yes
[ -e "$coredir/kexec_cmd" ] && fact kexec_cmd yes
[ -n "$remote" ] && fact remote "$remote"
if [ -d "$coredir" ]; then
  fact exists yes
  if [ -r "$coredir" ] && [ -x "$coredir" ]; then fact readable yes; fi
  df -Pk "$coredir" 2>/dev/null | { read -r _ && read -r _ _ _ v _ && fact free "$v"; }
fi
section coredir
printf '%s' "$coredir"

set --
for directory in "$coredir"/2* "$coredir"/[!2]*-2[0-9]*; do
  if [ -d "$directory" ] && [ ! -L "$directory" ]; then set -- "$@" "$directory"; fi
done
if [ -n "$SINCE" ] && [ $# -gt 0 ]; then
  # One line each, in the order of the arguments; where one of them is gone by now, all are looked at.
  times=$(stat -c %Y -- "$@" 2>/dev/null)
  lines=0
  for time in $times; do lines=$((lines + 1)); done
  if [ "$lines" -eq $# ]; then
    for time in $times; do
      directory=$1
      shift
      if [ "$time" -ge "$SINCE" ]; then set -- "$@" "$directory"; fi
    done
  fi
fi

section entries
if [ $# -gt 0 ]; then find "$@" -maxdepth 1 -printf '%y %s %T@\0%H\0%P\0' 2>/dev/null; fi

# The first and the last bytes of what is inside, and whether the decompressor was content.
inside() {
  case $1 in
    *.gz) tool=gzip ;;
    *.bz2) tool=bzip2 ;;
    *.xz) tool=xz ;;
    *.lz4) tool=lz4 ;;
    *.zst) tool=zstd ;;
    *) return ;;
  esac
  if command -v "$tool" >/dev/null 2>&1; then
    {
      { "$tool" -dc <"$1" 2>/dev/null; printf 'exit %s\n' "$?" >&3; } |
        { dd bs=16 count=1 2>/dev/null | od -An -v -tx1; tail -c 16 | od -An -v -tx1; }
    } 3>&1
  else
    printf 'missing %s\n' "$tool"
  fi
}

# What tells a whole dump from half of one stands at its two ends.
read_dumps() {
  section sizes
  stat --printf '%s %n\0' -- "$@"
  section heads
  head -q -c 16 -- "$@"
  section tails
  tail -q -c 16 -- "$@"
  [ "$DEEP" = yes ] || return 0
  section inside
  number=0
  for file in "$@"; do
    number=$((number + 1))
    printf 'file %s\n' "$number"
    inside "$file"
  done
}

# Of each log: the first panic, what was said last before it, the last blocked task, the mark of a crash test.
read_logs() {
  section logs
  printf '%s\0' "$@"
  section dmesg
  awk '
    BEGIN { for (i = 1; i < ARGC; i++) number[ARGV[i]] = i }
    FNR == 1 { log_ = number[FILENAME] }
    /Kernel panic - not syncing/ && !/end Kernel panic/ && !(log_ in panic) { panic[log_] = substr($0, 1, 400) }
    /sysrq: .*Trigger a crash/ { sysrq[log_] = substr($0, 1, 400) }
    /BUG: |Oops: |Internal error: |kernel BUG at |WARNING: CPU|INFO: .*stall|soft lockup|hard LOCKUP|Out of memory/ {
      if (!(log_ in panic)) cause[log_] = substr($0, 1, 400)
    }
    /INFO: task .* blocked for more than/ { blocked[log_] = substr($0, 1, 400) }
    /provision-crash-test: / { tag[log_] = substr($0, 1, 400) }
    END {
      for (i in panic) printf "%d panic %s\n", i, panic[i]
      for (i in sysrq) printf "%d sysrq %s\n", i, sysrq[i]
      for (i in cause) printf "%d cause %s\n", i, cause[i]
      for (i in blocked) printf "%d blocked %s\n", i, blocked[i]
      for (i in tag) printf "%d tag %s\n", i, tag[i]
    }
  ' "$@"
}

# Directories become files, in a shell of their own each time: there is one list of arguments only.
(
  directories=$#
  for directory in "$@"; do
    for file in "$directory"/dump.[0-9]* "$directory"/vmcore.[0-9]*; do
      if [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
    done
  done
  shift "$directories"
  if [ $# -gt 0 ]; then read_dumps "$@"; fi
)
(
  directories=$#
  for directory in "$@"; do
    for file in "$directory"/dmesg.[0-9]*; do
      if [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
    done
  done
  shift "$directories"
  if [ $# -gt 0 ]; then read_logs "$@"; fi
)
