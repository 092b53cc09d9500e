#!/bin/sh
# Evidence of hangs, for /usr/local/lib/provision/watch: collected in memory, since the disk may be what hangs, then brought to
# the disk by a process that may hang there; nobody waits for it.
#   begin          makes ready for a new watcher
#   collect WHY    takes what is to be seen now, and prints the name that it is kept under; /run/provision/evidence/about.new
#                  has what the watcher knows
#   tidy           brings to the disk what is still in memory, and what became of the tasks
#   leave          the same, before the watcher goes for good
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077

RUN=/run/provision/evidence
STORE=/var/lib/provision/evidence
# In memory, waiting for the disk; and free on the disk, whatever happens.
RUN_KIB=8192
FREE_KIB=65536
KEEP=20 MAX_KIB=65536 WORKQUEUES=yes
# shellcheck disable=SC1091
[ -r /etc/provision/watch.conf ] && . /etc/provision/watch.conf

first() { v=; { IFS= read -r v <"$1"; } 2>/dev/null; }
fact() { printf '%s %s\n' "$1" "$2"; }
kib() { du -sk -- "$1" 2>/dev/null | { read -r size _ && printf '%s\n' "$size"; }; }
complain() { printf '%s\n' "$*" >&2; }

# Numbers go on where the newest piece stopped: a clock may be set back, and the order is what is removed by.
begin() {
  mkdir -p "$RUN" "$STORE" || exit 1
  rm -rf "$STORE"/.new-* "$RUN"/.new-* "$RUN/about.new"
  last=0
  for entry in "$STORE"/[0-9]* "$RUN"/[0-9]*; do
    number=${entry##*/}
    number=${number%%-*}
    while [ "$number" != "${number#0}" ]; do number=${number#0}; done
    case $number in '' | *[!0-9]*) continue ;; esac
    [ "$number" -gt "$last" ] && last=$number
  done
  printf '%s\n' "$last" >"$RUN/number"
  "$0" tidy &
}

collect() {
  first "$RUN/number"
  number=$((${v:-0} + 1))
  printf '%s\n' "$number" >"$RUN/number"
  name=$(printf '%06d-%s-%s' "$number" "$(date -u +%Y%m%dT%H%M%SZ)" "$1")
  new=$RUN/.new-$name
  mkdir "$new" || exit 1
  {
    fact format 1
    fact now "$(date +%s)"
    for file in boot_id:random/boot_id kernel:osrelease version:version hostname:hostname; do
      first "/proc/sys/kernel/${file#*:}" && fact "${file%%:*}" "$v"
    done
    first /proc/uptime && fact uptime "${v%% *}"
    fact limit "$BLOCKED"
    cat "$RUN/about.new"
  } >"$new/about"
  # Once is enough: it fills the log of the kernel, and that is read at every piece.
  if [ -n "$WORKQUEUES" ] && ! grep -q '^again' "$new/about"; then SYSRQ=t; fi
  timeout -k 5 90 "$0" stacks "${SYSRQ:-}" </dev/null 2>/dev/null | head -c 16777216 >"$new/stacks"
  gzip "$new/stacks" 2>/dev/null
  mv "$new" "$RUN/$name" || exit 1
  printf '%s\n' "$name"
  complain "collected $name: $(grep -c '^task ' "$RUN/$name/about") blocked"
  "$0" tidy >&2 &
}

# The collection as `provision stacks` has it, its sections begun by a line each.
stacks() {
  SYSRQ=$1
  # shellcheck disable=SC2317
  section() { printf '## %s\n' "$1"; }
  # shellcheck disable=SC2034
  DEADLINE=30
  # shellcheck disable=SC1091
  . /usr/local/lib/provision/stacks
  [ -n "$SYSRQ" ] || return 0
  quiet_console
  finish=$((finish + 3000))
  # shellcheck disable=SC1091
  . /usr/local/lib/provision/stacks-sysrq
}

# The answer to SysRq is for the log alone: a serial console would take a minute to print it. Not in a container, where the
# console is somebody else's and nothing is asked.
quiet_console() {
  [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || return 0
  # A sysctl of numbers answers only at offset 0, so the shell's own read, byte by byte, would see its first digit.
  console=$(head -n 1 /proc/sys/kernel/printk)
  [ "${console%%[!0-9]*}" -gt 4 ] || return 0
  trap 'printf "%s\n" "$console" >/proc/sys/kernel/printk' EXIT
  trap 'exit 1' TERM INT HUP
  printf '4\n' >/proc/sys/kernel/printk
}

# One at a time: what a disk that hangs holds up, it holds up once.
tidy() {
  exec 8>"$RUN/lock"
  flock -w 2 8 || exit 0
  mkdir -p "$STORE" || exit 1
  for entry in "$RUN"/[0-9]*; do
    [ -d "$entry" ] && { store "$entry" || bound_memory; }
  done
  for notes in "$RUN"/ended.*; do
    [ -f "$notes" ] || continue
    while read -r name text; do
      for place in "$STORE" "$RUN"; do
        [ -d "$place/$name" ] && { printf '%s\n' "$text" >>"$place/$name/ended"; break; }
      done
    done <"$notes"
    rm -f "$notes"
  done
}

# store ENTRY: whole or not at all.
store() {
  name=${1##*/}
  size=$(kib "$1")
  if [ "${size:-0}" -gt "$MAX_KIB" ]; then
    rm -f "$1"/stacks*
    fact dropped "$size" >>"$1/about"
    size=$(kib "$1")
  fi
  make_room "${size:-0}"
  read -r blocks unit <<SPACE
$(stat -f -c '%a %S' "$STORE")
SPACE
  if [ $((blocks * (unit / 512) / 2)) -lt $((size + FREE_KIB)) ]; then
    complain "no room on the disk for $name: it stays in memory"
    return 1
  fi
  rm -rf "$STORE/.new-$name"
  cp -R "$1" "$STORE/.new-$name" && sync "$STORE/.new-$name"/* && mv "$STORE/.new-$name" "$STORE/$name" &&
    sync "$STORE" && rm -rf "$1" && return 0
  rm -rf "$STORE/.new-$name"
  complain "$name cannot be kept in $STORE: it stays in memory"
  return 1
}

# make_room KIB: the oldest go until one more of that size is within both bounds.
make_room() {
  for old in "$STORE"/[0-9]*; do
    [ -d "$old" ] || return 0
    set -- "$1" "$STORE"/[0-9]*
    [ $# -le "$KEEP" ] && [ $(($(kib "$STORE") + $1)) -le "$MAX_KIB" ] && return 0
    rm -rf "$old"
  done
}

bound_memory() {
  for old in "$RUN"/[0-9]*; do
    [ "$(kib "$RUN")" -le "$RUN_KIB" ] && return 0
    rm -rf "$old"
  done
}

leave() {
  timeout -k 1 15 "$0" tidy
  set -- "$RUN"/[0-9]*
  [ -d "$1" ] || rm -rf "$RUN" 2>/dev/null
}

case $1 in
  begin | collect | stacks | tidy | leave) "$@" ;;
esac
