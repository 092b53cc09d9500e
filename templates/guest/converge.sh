# Carries out one stage of a plan. Crash-only: killed at any line and run again, it converges. The text that the controller
# appends calls the functions below and of the converge-*.sh that follow, in this order: begin, fence, expect_*, intend, keep,
# stage, packages, swap, the rest, record, finish. Lines that start with "@ " are for the controller, the others are output.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022
exec </dev/null

STATE_DIRECTORY=/var/lib/provision
RUN_DIRECTORY=/run/provision
STAGED_SUFFIX=.provision-new
step=
staged=
changed_directories=
changing=
locked=
made=
had_state=
had_pending=

say() { printf '@ %s\n' "$*"; }

# fail CODE MESSAGE: the one way out when something is wrong. Before the first change, nothing of this run stays; without the
# lock, what there is belongs to the run that holds it.
fail() {
  if [ -n "$locked" ] && [ -z "$changing" ]; then abandon; fi
  say "fail $1 $step"
  printf '%s\n' "$2"
  exit 1
}

abandon() {
  printf '%s' "$staged" | while read -r _ path; do rm -f "$path"; done
  rm -f "$STATE_DIRECTORY"/*"$STAGED_SUFFIX"
  [ -n "$had_pending" ] || rm -f "$STATE_DIRECTORY/pending.json"
  [ -n "$had_pending$had_state" ] || drop_state
  for directory in $made; do rmdir "$directory" 2>/dev/null; done
  return 0
}

step() {
  changing=yes
  step=$1
  say "start $step"
}

ended() {
  say "done $step"
  step=
}

# Why a write to this directory failed, as an error code and a sentence.
fail_write() {
  directory=${1%/*}
  while [ ! -d "${directory:-/}" ]; do directory=${directory%/*}; done
  [ -w "${directory:-/}" ] || fail E_READ_ONLY "cannot write $1: ${directory:-/} is read-only"
  free=$(df -Pk "${directory:-/}" | awk 'END { print $4 }')
  [ "${free:-0}" -ge 64 ] || fail E_DISK_FULL "cannot write $1: $free KiB free"
  fail E_CONVERGE "cannot write $1"
}

# begin JOB CLIENT OWNER: one converge at a time on a guest. A probe holds the lock for a moment, too.
begin() {
  job=$RUN_DIRECTORY/jobs/$1
  exec >>"$job/log" 2>&1
  printf '%s\n' "$$" >"$job/pid"
  trap 'code=$?; printf "%s\n" "$code" >"$job/rc.new" && mv -f "$job/rc.new" "$job/rc"' EXIT
  trap 'exit 143' TERM
  trap '' HUP
  exec 9>>/run/lock/provision.lock || fail_write /run/lock/provision.lock
  if ! flock -w "$WAIT_SECONDS" 9; then
    since='' holder=''
    [ -r "$RUN_DIRECTORY/current" ] && read -r _ _ since holder <"$RUN_DIRECTORY/current"
    fail E_LOCKED "${holder:-another converge} works on this guest${since:+ since $since}"
  fi
  locked=yes
  printf '%s %s %s %s\n' "$1" "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$3" >"$RUN_DIRECTORY/current.new"
  mv -f "$RUN_DIRECTORY/current.new" "$RUN_DIRECTORY/current"
  [ -e "$STATE_DIRECTORY/state.json" ] && had_state=yes
  [ -e "$STATE_DIRECTORY/pending.json" ] && had_pending=yes
  for left in "$STATE_DIRECTORY"/*"$STAGED_SUFFIX"; do
    [ -e "$left" ] && rm -f "$left"
  done
}

read_first() {
  value=
  { IFS= read -r value <"$1"; } 2>/dev/null
  return 0
}

# A sysctl answers only at offset 0, so the shell's own read, byte by byte, would see its first digit.
read_sysctl() { value=$(head -n 1 "/proc/sys/$1" 2>/dev/null); }

# One spelling for values that differ in blanks only.
squeeze() {
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  squeezed="$*"
}

stale() { fail E_STALE_PLAN "$1"; }

expect_machine() {
  read_first /etc/machine-id
  [ "$value" = "$1" ] || stale "this is another machine than the plan was made for"
}

expect_kernel() {
  read_first /proc/sys/kernel/osrelease
  [ "$value" = "$1" ] || stale "the guest runs kernel $value now, the plan was made for $1"
}

# expect_files LINES: "sha256  path" as sha256sum -c reads them.
expect_files() {
  differ=$(printf '%s\n' "$1" | sha256sum -c --quiet 2>/dev/null) ||
    stale "changed since the plan was made: $(printf '%s' "$differ" | tr '\n' ' ')"
}

expect_absent() {
  [ ! -e "$1" ] || stale "$1 exists now"
}

# expect_sysctl PATH VALUE; no value: the key is absent.
expect_sysctl() {
  if [ $# -eq 1 ]; then
    [ ! -e "/proc/sys/$1" ] || stale "$1 exists now"
    return 0
  fi
  read_sysctl "$1"
  squeeze "$value"
  have=$squeezed
  squeeze "$2"
  [ "$have" = "$squeezed" ] || stale "$1 is '$have' now, the plan was made when it was '$squeezed'"
}

# move_in NEW PATH: the bytes are on disk before the name points to them, and the name is on disk before we go on.
move_in() {
  if sync "$1" && mv -f "$1" "$2" && sync "${2%/*}"; then return 0; fi
  fail_write "$2"
}

# replace PATH MODE TEXT: one file, whole or not at all.
replace() {
  printf '%s' "$3" >"$1$STAGED_SUFFIX" || fail_write "$1"
  chmod "$2" "$1$STAGED_SUFFIX" || fail_write "$1"
  move_in "$1$STAGED_SUFFIX" "$1"
}

# intend JSON: the before-values are safe on disk before anything changes.
intend() {
  if [ ! -d "$STATE_DIRECTORY/backup" ]; then
    mkdir -p "$STATE_DIRECTORY/backup" || fail_write "$STATE_DIRECTORY/backup"
  fi
  chmod 700 "$STATE_DIRECTORY" "$STATE_DIRECTORY/backup"
  replace "$STATE_DIRECTORY/pending.json" 600 "$1"
  # After the record: a rollback that finds no record looks no further.
  keep_fence
}

# keep PATH: the original, once; a copy that is there already is the older truth.
keep() {
  copy=$STATE_DIRECTORY/backup$1
  if [ -e "$copy" ] || [ ! -e "$1" ]; then return 0; fi
  mkdir -p "${copy%/*}" || fail_write "$copy"
  cp -pL "$1" "$copy$STAGED_SUFFIX" || fail_write "$copy"
  move_in "$copy$STAGED_SUFFIX" "$copy"
}

make_directory() {
  [ -d "$1" ] && return 0
  mkdir "$1" || fail_write "$1/"
  made="$1 $made"
}

# stage PATH MODE OWNER SHA256 TEXT: everything is written beside its place before anything is moved into it.
stage() {
  target=$1
  [ -L "$target" ] && target=$(readlink -f "$target")
  stage_ready "$target" "$4"
  printf '%s' "$5" >"$target$STAGED_SUFFIX" || fail_write "$1"
  chmod "$2" "$target$STAGED_SUFFIX" || fail_write "$1"
  chown "$3" "$target$STAGED_SUFFIX" || fail_write "$1"
}

# stage_copy PATH SHA256 SOURCE: bytes, mode and owner from a kept original.
stage_copy() {
  target=$1
  [ -L "$target" ] && target=$(readlink -f "$target")
  stage_ready "$target" "$2"
  cp -p "$3" "$target$STAGED_SUFFIX" || fail_write "$1"
}

newline='
'
stage_ready() {
  staged="$staged$2  $1$STAGED_SUFFIX$newline"
}

# What was staged is on disk and is what was sent (a full disk shows here, with nothing changed yet).
check_staged() {
  [ -n "$staged" ] || return 0
  printf '%s' "$staged" | sha256sum -c --quiet >/dev/null 2>&1 || fail_write "${staged#*  }"
  # shellcheck disable=SC2046
  sync $(printf '%s' "$staged" | cut -d' ' -f3-) || fail_write "${staged#*  }"
}

swap() {
  target=$1
  [ -L "$target" ] && target=$(readlink -f "$target")
  mv -f "$target$STAGED_SUFFIX" "$target" || fail_write "$1"
  changed_directories="$changed_directories ${target%/*}"
}

remove() {
  rm -f "$1" "$1$STAGED_SUFFIX" || fail_write "$1"
  changed_directories="$changed_directories ${1%/*}"
}

remove_directory() {
  if [ -d "$1" ]; then rmdir --ignore-fail-on-non-empty "$1" || fail_write "$1/"; fi
}

sync_directories() {
  for directory in $changed_directories; do
    [ -d "$directory" ] && sync "$directory"
  done
  return 0
}

# edit_keys PATH KEY VALUE [KEY VALUE]..: the last assignment of a key is changed in place, else its commented form, else it
# is appended; everything else stays as it is, byte for byte.
edit_keys() {
  path=$1
  shift
  [ -e "$path" ] || fail E_CONVERGE "$path is not there; its package did not bring it"
  keep "$path"
  cp -p "$path" "$path$STAGED_SUFFIX" || fail_write "$path"
  while [ $# -gt 1 ]; do
    key=$1 line="$1=$2" awk '
      BEGIN { key = ENVIRON["key"]; line = ENVIRON["line"] }
      { text[NR] = $0 }
      index($0, key "=") == 1 { set_at = NR }
      $0 ~ "^#[ \t]*" key "=" && !commented_at { commented_at = NR }
      END {
        at = set_at ? set_at : commented_at
        for (i = 1; i <= NR; i++) print (i == at ? line : text[i])
        if (!at) print line
      }' "$path$STAGED_SUFFIX" >"$path$STAGED_SUFFIX.2" || fail_write "$path"
    cat "$path$STAGED_SUFFIX.2" >"$path$STAGED_SUFFIX" || fail_write "$path"
    rm -f "$path$STAGED_SUFFIX.2"
    shift 2
  done
  move_in "$path$STAGED_SUFFIX" "$path"
}

# record JSON: the last write of an apply; what is not recorded did not happen.
record() {
  replace "$STATE_DIRECTORY/state.json" 600 "$1"
  rm -f "$STATE_DIRECTORY/pending.json"
  sync "$STATE_DIRECTORY"
}

# drop_backups: after a rollback the originals are in their places again.
drop_backups() {
  rm -rf "$STATE_DIRECTORY/backup"
}

# drop_state: all but evidence of hangs, which is data, as dumps are.
drop_state() {
  for left in "$STATE_DIRECTORY"/* "$STATE_DIRECTORY"/evidence/.new-*; do
    [ "$left" = "$STATE_DIRECTORY/evidence" ] || rm -rf "$left"
  done
  rmdir "$STATE_DIRECTORY/evidence" 2>/dev/null
  rmdir "$STATE_DIRECTORY" 2>/dev/null
  return 0
}

# forget [everything]: a rollback leaves nothing of ours. The record goes last: cut off, it can be done again.
forget() {
  drop_state
  [ $# -eq 0 ] || rm -rf "$STATE_DIRECTORY" "$RUN_DIRECTORY/evidence"
  sync "${STATE_DIRECTORY%/*}"
}

finish() {
  rm -f "$RUN_DIRECTORY/current"
  say finished
}
