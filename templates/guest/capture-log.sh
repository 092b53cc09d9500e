#!/bin/sh
# Runs in the capture kernel only, beside kdump-tools: writes what that boot says (its kernel, systemd, makedumpfile) to
# the disk as it goes, so that a capture that failed, hung or filled the disk can be read about afterwards. The room is
# taken before the dump can fill the disk; once there is a directory for the dump, the same file is linked into it.
set -u
LC_ALL=C
export LC_ALL

SIZE=262144
KDUMP_COREDIR=/var/crash
# shellcheck disable=SC1091
[ -r /etc/default/kdump-tools ] && . /etc/default/kdump-tools

mkdir -p "$KDUMP_COREDIR" || exit 1
cd "$KDUMP_COREDIR" || exit 1
log=capture.log
rm -f "$log"
head -c "$SIZE" /dev/zero >"$log"
# Directories of former crashes.
former=" $(printf '%s ' *) "

# Each line is on the disk before the next: this kernel ends with a forced reboot, or worse.
journalctl --follow --lines=all --boot --output=short-monotonic --no-hostname --quiet |
  dd of="$log" bs=4096 conv=notrunc oflag=dsync status=none &

# A dump that fails at once is over within a second, so the directory is looked for often until it is there.
pause=0.2
while :; do
  for directory in *2[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]; do
    case $former in *" $directory "*) continue ;; esac
    if [ -d "$directory" ] && [ ! -e "$directory/$log" ]; then ln "$log" "$directory/$log" && pause=1; fi
  done
  sleep "$pause"
done
