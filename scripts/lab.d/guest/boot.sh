#!/bin/sh
# The first process of a guest's namespaces: makes its mounts, then becomes its init. Few programs are started here,
# because a hundred guests come up at once. Run in the guest's directory.
# The names that seem to come from nowhere are in ./settings, which boot.mjs writes.
# shellcheck disable=SC2154
set -eu
here=$(dirname "$0")
# shellcheck source=/dev/null
. ./settings
echo 0 >"$group/guest/cgroup.procs"
# /proc is still the machine's, so this is the process id that the machine knows.
read -r pid _ </proc/self/stat
echo "$pid" >init
hostname "$name"

mount -n -t tmpfs -o mode=755 memory memory
cd memory
mkdir proc-sys proc-sys.work sys sys.work dev dev.work
if [ -n "$small" ]; then
  mount -n -t tmpfs -o "mode=755,size=$small" small ../small
  cp -a ../upper ../small/upper
  mkdir ../small/work
fi
# shellcheck source=scripts/lab.d/guest/kernel-line.sh
. "$here/kernel-line.sh"
boot_loader=../upper/boot/grub/grub.cfg
# A guest without a boot loader has a whiteout there.
[ -f "$boot_loader" ] || boot_loader=$image/boot/grub/grub.cfg
kernel_line "$boot_loader"
echo "$cmdline" >cmdline
echo "$version_line" >version
printf 'MemTotal:        2030396 kB\nMemFree:         1583220 kB\nMemAvailable:    1792412 kB\nBuffers:           18416 kB\nCached:           248108 kB\nSwapCached:            0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\nDirty:                 0 kB\nShmem:              1024 kB\nSlab:              92340 kB\nCommitLimit:     1015196 kB\nHugePages_Total:       0\nHugepagesize:       2048 kB\n' >meminfo
printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' >swaps
printf '00001000-0009fbff : System RAM\n00100000-7ffdbfff : System RAM\n  01000000-01dfffff : Kernel code\n  01e00000-024a7fff : Kernel rodata\n  02600000-0289ab3f : Kernel data\n  02f7a000-033fffff : Kernel bss\n' >iomem
printf 'virtio_gpu 77824 2 - Live 0x0000000000000000\n' >modules
: >sysrq-trigger
: >kcore
: >kmsg
cd ..

mount -n -a -T fstab
[ -n "$grub" ] || rm -f root/boot/grub/grub.cfg root/usr/sbin/update-grub
printf '%s\n' "$boot_id" >root/proc/sys/kernel/random/boot_id
printf '%s\n' "$name" >root/proc/sys/kernel/hostname
printf '%s\n' "$crash_size" >root/sys/kernel/kexec_crash_size
[ "$crash_size" = 0 ] || [ -z "$ready" ] || echo 1 >root/sys/kernel/kexec_crash_loaded
# A full disk: what is left of it is one file.
[ -z "$small" ] || dd if=/dev/zero of=root/var/filler bs=64k status=none 2>/dev/null || true

cd root
pivot_root . .
umount -n -l .
exec </dev/null >/dev/console 2>&1
set -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux setpriv "--bounding-set=$dropped" --
case $kind in
  full) exec "$@" /sbin/init ;;
esac
mkdir -p /run/sshd /run/lock
if [ -n "$dpkg_lock" ]; then "$@" /usr/local/lib/lab/dpkg-lock "$dpkg_lock" & fi
exec "$@" /usr/sbin/sshd -D -E /var/log/sshd.log
