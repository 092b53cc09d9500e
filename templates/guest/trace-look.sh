# Looks for what can trace on a guest, and changes nothing. PROGRAMS are names or paths, PACKAGES those of Debian that bring
# them; both are set by the text before this one.

fact() { printf '%s %s\n' "$1" "$2"; }

section host
fact uid "$(id -u)"
fact kernel "$(uname -r)"
{ IFS= read -r v </sys/kernel/security/lockdown; } 2>/dev/null && fact lockdown "$v"
[ -r /sys/kernel/btf/vmlinux ] && fact has btf
for v in /sys/kernel/tracing /sys/kernel/debug/tracing; do
  if [ -r "$v/events/sched/sched_switch/format" ]; then
    fact has tracefs
    break
  fi
done
[ -e "/lib/modules/$(uname -r)/build/include/generated/autoconf.h" ] && fact has headers

section programs
for name in $PROGRAMS; do
  path=$(command -v "$name") || continue
  # The same name is a script in one package and a compiled program in another.
  first=
  { IFS= read -r first <"$path"; } 2>/dev/null
  case $first in
    '#!'*) fact "$name" "script $path" ;;
    *) fact "$name" "binary $path" ;;
  esac
done

section packages
# shellcheck disable=SC2086
command -v dpkg-query >/dev/null && dpkg-query -W -f '${Package} ${Version}\n' $PACKAGES 2>/dev/null
exit 0
