# Reads what a plan depends on and changes nothing. Shell built-ins wherever they can do it: on a converged guest the
# only processes are stat, cat, awk, dpkg-query, df, systemctl and two greps. The variables in capitals are set by the text
# that the controller puts before this one; `section NAME` comes from the frame around it.

first() {
  v=
  [ -r "$1" ] || return 1
  { IFS= read -r v <"$1"; } 2>/dev/null
  return 0
}

# Each printf is a packet on its way and a reason for the controller to wake up: what the probe says, the frames and what
# other programs print included, is gathered, and goes out before the files, which may hold any bytes, and at the end.
gathered=
newline='
'
say() { gathered=$gathered$1$newline; }
told() {
  printf '%s' "$gathered"
  gathered=
}

part() { say "$newline$FRAME section $1"; }

# What a program printed, without the empty lines at its end.
output() { [ -n "$1" ] && say "$1"; }

fact() { say "$1 $2"; }

fact_from() {
  if first "$2"; then fact "$1" "$v"; fi
}

part host
fact_from hostname /proc/sys/kernel/hostname
fact_from machine_id /etc/machine-id
fact_from kernel_release /proc/sys/kernel/osrelease
kernel=$v
fact_from kernel_version /proc/sys/kernel/version
fact_from boot_id /proc/sys/kernel/random/boot_id
fact_from uptime /proc/uptime
fact_from memory /proc/meminfo
fact_from cmdline /proc/cmdline
fact_from init /proc/1/comm
[ -d /run/systemd/system ] && fact systemd yes
while IFS= read -r line; do
  case $line in Uid:*) fact uid "${line#Uid:}"; break ;; esac
done </proc/self/status
[ -w /etc ] && fact etc_writable yes
[ -e /proc/vmcore ] && fact capture_kernel yes

if first /run/systemd/container; then
  fact container "$v"
elif [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -e /run/host/container-manager ]; then
  fact container yes
elif [ -d /proc/vz ] && [ ! -d /proc/bc ]; then
  fact container openvz
elif first /proc/1/environ; then
  case $v in *container=*) fact container yes ;; esac
fi

part kexec
for directory in /sys/kernel/kexec /sys/kernel; do
  prefix=
  [ "$directory" = /sys/kernel ] && prefix=kexec_
  fact_from crash_loaded "$directory/${prefix}crash_loaded"
  fact_from crash_size "$directory/${prefix}crash_size"
  fact_from loaded "$directory/${prefix}loaded"
done
fact_from load_disabled /proc/sys/kernel/kexec_load_disabled
fact_from lockdown /sys/kernel/security/lockdown
for crash in /var/crash/2*; do
  [ -d "$crash" ] && fact crash "$crash"
done

# What a capture kernel is made of. The shell would read these files of /proc byte by byte, so one awk does it.
part capture
set --
for file in /proc/modules /proc/iomem; do
  [ -r "$file" ] && set -- "$@" "$file"
done
if [ $# -gt 0 ]; then
  # shellcheck disable=SC2016
  output "$(awk 'FILENAME == "/proc/modules" { modules += $2; next }
    / : (System RAM|Kernel (code|rodata|data|bss))$/ { print "iomem", $1, $3, $4 }
    END { if (modules) printf "modules %d\n", modules }' "$@")"
fi
set --
for file in "/boot/vmlinuz-$kernel" "/boot/initrd.img-$kernel" "/var/lib/kdump/initrd.img-$kernel" \
  /var/lib/kdump/vmlinuz /var/lib/kdump/initrd.img; do
  [ -e "$file" ] && fact there "$file"
  if [ -e "$file" ] || [ -L "$file" ]; then set -- "$@" "$file"; fi
done
if [ $# -gt 0 ]; then output "$(stat -c 'size %s %N' -- "$@")"; fi

part boot
if [ -f /boot/grub/grub.cfg ]; then
  fact grub_cfg yes
  output "$(grep -m1 -E '^[[:space:]]*linux(16|efi)?[[:space:]]' /boot/grub/grub.cfg)"
fi
[ -x /usr/sbin/update-grub ] && fact update_grub yes
[ -d /boot/loader/entries ] && fact other systemd-boot
[ -f /boot/extlinux/extlinux.conf ] && fact other extlinux
[ -f /boot/firmware/cmdline.txt ] && fact other raspberry-pi
for variable in /sys/firmware/efi/efivars/SecureBoot-*; do
  [ -f "$variable" ] && fact secure_boot "$(od -An -tu1 "$variable")"
done

part drivers
for driver in /sys/bus/virtio/drivers/* /sys/bus/pci/drivers/*; do
  for device in "$driver"/*[0-9]*; do
    if [ -L "$device" ]; then
      say "${driver##*/}"
      break
    fi
  done
done
for wanted in $WANTED_DRIVERS; do
  for device in /sys/bus/*/drivers/"$wanted"/*; do
    if [ -L "$device" ] && [ "${device##*/}" != module ]; then
      say "$wanted"
      break
    fi
  done
done

part evidence
for entry in /var/lib/provision/evidence/[0-9]*; do
  [ -d "$entry" ] && say "${entry##*/}"
done

part directories
for directory in $DIRECTORIES; do
  [ -d "$directory" ] && say "$directory"
done

# All files in one stat and one cat; the sizes cut the second answer apart.
part links
# Before the merge of /usr this was a directory of its own.
unmerged=
[ -L /lib ] || unmerged=/lib/sysctl.d
set --
for file in $FILES /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf ${unmerged:+$unmerged/*.conf} \
  /etc/provision/armed.d/*.conf /etc/default/grub.d/*.cfg \
  /var/lib/provision/backup/*/* /var/lib/provision/backup/*/*/* /var/lib/provision/backup/*/*/*/* \
  /var/lib/provision/backup/*/*/*/*/*; do
  [ -L "$file" ] && say "$file"
  if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
done
part stat
if [ $# -gt 0 ]; then output "$(stat -L -c '%s %a %u %g %n' -- "$@")"; fi
part content
told
if [ $# -gt 0 ]; then cat -- "$@"; fi

# After the files, for the gate's status is one of them: the gate writes its settings and then says that it is armed, so here
# an armed gate is never seen with settings that it was still about to write. In one read each: a sysctl answers only at
# offset 0, so the shell's own read, byte by byte, would see its first digit.
part sysctl
set --
for path in $SYSCTL_PATHS; do
  if [ -r "/proc/sys/$path" ]; then
    set -- "$@" "/proc/sys/$path"
    fact "$path" ''
  else
    say "$path"
  fi
done
if [ $# -gt 0 ]; then output "$(grep -a -s -m1 '' /dev/null "$@")"; fi

part job
if first /run/provision/current; then
  job=$v
  # The file outlives a job that was killed; the lock does not.
  flock -n /run/lock/provision.lock true 2>/dev/null || say "$job"
fi

part units
if [ -d /run/systemd/system ]; then
  # shellcheck disable=SC2086
  output "$(systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState,Result $UNITS)"
fi

part disk
output "$(df -Pk / /etc /var /var/lib /var/crash /var/cache/apt /boot 2>/dev/null)"

part packages
ID='' VERSION_ID=''
# shellcheck disable=SC1091
. /etc/os-release 2>/dev/null
wanted_packages "$ID:$VERSION_ID" "$kernel"
tab='	'
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${Package}\t${Status}\t${Version}\t${Architecture}\n' dpkg $PACKAGES 2>/dev/null)
say "$installed"
missing=
for package in $PACKAGES; do
  case "$newline$installed" in
    *"$newline$package${tab}install ok installed$tab"*) ;;
    *) missing="$missing $package" ;;
  esac
done
interrupted=
for update in /var/lib/dpkg/updates/[0-9]*; do
  [ -e "$update" ] && interrupted=yes
done

# ask_apt: what apt would do about the missing packages. In a subshell of its own, so that its scratch lists go with it.
ask_apt() {
  # An empty pkgcache keeps apt from writing one: a look must leave no trace.
  set -- -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1
  lists=
  for list in /var/lib/apt/lists/*_Packages*; do
    [ -e "$list" ] && lists=yes
  done
  if [ -z "$lists" ]; then
    scratch=$(mktemp -d /tmp/provision-lists.XXXXXX)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' HUP INT TERM
    mkdir -p "$scratch/lists/partial"
    set -- "$@" -o "Dir::State::Lists=$scratch/lists"
    apt-get -qq "$@" update >/dev/null 2>&1
    printf 'fresh-lists\n'
  fi
  # shellcheck disable=SC2086
  policy=$(apt-cache "$@" policy $missing 2>/dev/null)
  available=
  for package in $missing; do
    case "$newline$policy" in
      *"$newline$package:$newline"*)
        candidate="$newline$policy"
        candidate=${candidate#*"$newline$package:$newline"}
        candidate=${candidate#*Candidate: }
        candidate=${candidate%%"$newline"*}
        ;;
      *) candidate='(none)' ;;
    esac
    if [ "$candidate" = '(none)' ]; then
      printf 'unknown %s\n' "$package"
    else
      available="$available $package"
      printf 'missing %s\n' "$package"
    fi
  done
  if [ -n "$available" ]; then
    # shellcheck disable=SC2086
    apt-get "$@" -s -y --no-install-recommends install $available 2>&1 | grep -E '^(Inst |Remv |E: | .*Depends: )'
    # shellcheck disable=SC2086
    apt-get "$@" -y --no-install-recommends --print-uris install $available 2>/dev/null |
      grep -E '^(Need to get|After this operation)'
  fi
}

part apt
[ -n "$interrupted" ] && say interrupted
told
if [ -n "$missing" ]; then (ask_apt); fi
