#!/bin/sh
# Keeps one guest: boots it, boots it again when it asks for a reboot, and ends when it powers off. $1 is its directory.
# The names that seem to come from nowhere are in ./settings, which boot.mjs writes.
# shellcheck disable=SC2154
set -eu
cd "$1"
here=$(dirname "$0")
# shellcheck source=/dev/null
. ./settings
echo 0 >"$group/supervisor/cgroup.procs"

if [ -n "$proxy" ]; then
  # shellcheck disable=SC2086
  "$node" "$here/../proxy.mjs" $proxy &
fi

while :; do
  # A time namespace starts the guest's clocks at zero, where the kernel has them. The one stands still in suspend.
  clock=
  if [ -e /proc/self/ns/time_for_children ]; then
    read -r up _ </proc/uptime
    up=${up%.*}
    clock="--time --boottime -$up --monotonic -$((up - asleep))"
  fi
  # A volatile overlay refuses its next mount, for fear that the machine went down in between.
  rm -rf work/work/incompat
  read -r boot_id </proc/sys/kernel/random/uuid
  code=0
  # shellcheck disable=SC2086
  boot_id=$boot_id unshare --mount --uts --ipc --pid $clock --fork -- sh "$here/boot.sh" || code=$?
  # reboot(2) in a process id namespace ends its first process with SIGHUP; power-off with SIGINT.
  [ "$code" = 129 ] || break
done
# The proxy must not answer for a guest that is off.
[ -z "$proxy" ] || kill "$!"
