#!/bin/sh
# debug-panic on Debian 12 (amd64): Turn a silent hang of a virtio_gpu guest into a vmcore that names the culprit
# Exported by provision 0.0.0. The same end state, without provision.
#
# What `provision apply` does and this cannot:
# - Live gates. The arm gate is carried as a unit: it holds the panic settings back until a crash kernel is loaded. Nobody
#   waits for its decision here, and nothing fails when it refuses: read /run/provision/arm.
# - Rollback. No value from before is recorded and no file is kept, so `provision rollback` has nothing to go back to.
# - Preflight. Looked at are root, distribution, architecture, container, systemd and, for kdump, GRUB. Not looked at are
#   lockdown, the room for packages, initrds and dumps, whether the reservation fits into RAM, and what else apt would remove.
# - Drift. A second run mends what it would write. Files of others that win at the next boot, and a crash kernel that is
#   loaded with an old command line, are seen by `provision verify` only; it needs nothing of provision on the guest.
# - Order and proof across guests: canary, batches, a failure budget, the second look that proves a change.
# - A size of `auto` is computed on the guest, from what it has before kdump is installed. A setting whose key the guest's
#   kernel lacks, and a package that its archive lacks, are left out there.
#
# Usage: sh FILE           make it so; a second time changes nothing
#        sh FILE --check   say what would change and touch nothing; exit 3 when something would
# Exit codes: 0 as desired, 1 something failed, 2 not for this guest, 3 --check found differences.

main() {
check=
case ${1-} in '') ;; --check) check=yes ;; *) echo "usage: sh FILE [--check]" >&2; exit 2 ;; esac
exec </dev/null

# Why a write to this directory failed, as an error code and a sentence.
fail_write() {
  directory=${1%/*}
  while [ ! -d "${directory:-/}" ]; do directory=${directory%/*}; done
  [ -w "${directory:-/}" ] || fail E_READ_ONLY "cannot write $1: ${directory:-/} is read-only"
  free=$(df -Pk "${directory:-/}" | awk 'END { print $4 }')
  [ "${free:-0}" -ge 64 ] || fail E_DISK_FULL "cannot write $1: $free KiB free"
  fail E_CONVERGE "cannot write $1"
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

# move_in NEW PATH: the bytes are on disk before the name points to them, and the name is on disk before we go on.
move_in() {
  if sync "$1" && mv -f "$1" "$2" && sync "${2%/*}"; then return 0; fi
  fail_write "$2"
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

quiet_install() {
  DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none "$@" 9>&-
}

apt() {
  quiet_install apt-get -y -o "DPkg::Lock::Timeout=$LOCK_SECONDS" -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends "$@"
}

# repair_packages: a dpkg that was killed half way is finished first.
repair_packages() {
  quiet_install dpkg --configure -a || fail E_PACKAGES "dpkg --configure -a failed"
  apt -f install || fail E_PACKAGES "apt-get -f install failed"
}

# refresh_lists: a guest that never had package lists gets them, which is no change that anybody could miss.
refresh_lists() {
  apt-get -qq update 9>&- || fail E_PACKAGES "apt-get update failed"
}

preseed() {
  command -v debconf-set-selections >/dev/null 2>&1 || return 0
  printf '%s\n' "$@" | debconf-set-selections 9>&- || fail E_PACKAGES "debconf-set-selections refused its answers"
}

install_packages() {
  apt install "$@" && return 0
  # Lists older than the mirror name files that are gone: refresh them, and let a new plan show the new versions.
  if apt-get -qq update 9>&-; then
    apt install "$@" && return 0
  fi
  fail E_PACKAGES "apt-get install failed"
}

# set_sysctl PATH VALUE: write, then read back; the kernel may refuse or clamp.
set_sysctl() {
  refused=$({ printf '%s\n' "$2" >"/proc/sys/$1"; } 2>&1) || true
  read_sysctl "$1"
  squeeze "$value"
  have=$squeezed
  squeeze "$2"
  [ "$have" = "$squeezed" ] && return 0
  fail E_READ_BACK "$1 reads '$have' after '$2' was written${refused:+ (${refused##*: })}"
}

unit() {
  action=$1
  name=$2
  case $action in
    reload) systemctl daemon-reload 9>&- ;;
    enable) systemctl --quiet enable "$name" 9>&- ;;
    # A unit that is gone already is as good as disabled.
    disable) systemctl --quiet disable "$name" 2>/dev/null 9>&- || true ;;
    stop)
      systemctl stop "$name" 2>/dev/null 9>&- || true
      [ "$name" != provision-arm.service ] || rm -f "$RUN_DIRECTORY/arm"
      ;;
    start | restart)
      # Starts that came before this one do not count against it: systemd refuses the sixth within ten seconds.
      systemctl reset-failed "$name" 2>/dev/null 9>&- || true
      case $name in
        # The gate waits for minutes by design; nobody waits for it here. What the one before it decided is no answer.
        provision-arm.service)
          systemctl stop "$name" 2>/dev/null 9>&- || true
          rm -f "$RUN_DIRECTORY/arm"
          systemctl --no-block start "$name" 9>&-
          ;;
        # Whether kdump is ready is read from the kernel afterwards; its unit's exit code tells little.
        *) systemctl "$action" "$name" 9>&- || say "warn $name did not restart" ;;
      esac
      ;;
  esac || fail E_CONVERGE "systemctl $action $name failed"
}

# build_capture_initrd RELEASE: by kdump-tools' own hook. Whether it is there afterwards is read from the guest.
build_capture_initrd() {
  hook=/etc/kernel/postinst.d/kdump-tools
  [ -x "$hook" ] || return 0
  "$hook" "$1" 9>&- || say "warn the capture initrd of $1 was not built"
}

update_bootloader() {
  update-grub 9>&- || fail E_CONVERGE "update-grub failed"
}

# What an exported script adds to the functions of a converge: each looks first and says what differs, and a check leaves it
# at that. The lines that follow call: for_system, for_drivers, alone, want_*, finish.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

STAGED_SUFFIX=.provision-new
RUN_DIRECTORY=/run/provision
LOCK_SECONDS=300
newline='
'
staged=
changed_directories=
changes=0
answers=
armed=
kernel=$(uname -r)
units_changed=
kdump_changed=
gate_changed=
reboot=

say() { printf '%s\n' "$*"; }

# fail CODE MESSAGE
fail() {
  printf 'provision: %s\n' "$2" >&2
  exit 1
}

refuse() {
  printf 'provision: %s\n' "$1" >&2
  exit 2
}

# A script keeps no originals: it has no rollback that would use them.
keep() { return 0; }

# differs KIND SUBJECT: true when it is to be changed, false in a check.
differs() {
  changes=$((changes + 1))
  say "~ $1 $2"
  [ -z "$check" ]
}

# for_system ID VERSION ARCHITECTURE NAME
for_system() {
  [ "$(id -u)" = 0 ] || refuse "only root can do this, and see what differs"
  # shellcheck disable=SC1091
  have=$(. /etc/os-release && printf '%s:%s' "${ID:-}" "${VERSION_ID:-}" | tr '[:upper:]' '[:lower:]')
  case $have in
    "$1:$2" | "$1:$2."*) ;;
    *) refuse "made for $4, and this is $have: export it for that" ;;
  esac
  have=$(dpkg --print-architecture)
  [ "$have" = "$3" ] || refuse "made for $3, and this is $have: export it for that"
  if [ -s /run/systemd/container ] || [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then
    refuse "this is a container: the kernel belongs to its host"
  fi
  [ ! -e /proc/vmcore ] || refuse "a crash dump is being saved right now"
  [ -d /run/systemd/system ] || refuse "systemd does not run here: nothing could hold the panic settings back"
}

for_grub() {
  if [ -x /usr/sbin/update-grub ] && [ -f /boot/grub/grub.cfg ]; then return 0; fi
  refuse "there is no GRUB here that update-grub manages, and kdump needs crashkernel= at boot; export with --skip kdump"
}

# for_drivers PROFILE NAME..: the profile is for guests with one of these.
for_drivers() {
  profile=$1
  shift
  for driver in "$@"; do
    for device in /sys/bus/*/drivers/"$driver"/*; do
      if [ -L "$device" ] && [ "${device##*/}" != module ]; then return 0; fi
    done
  done
  say "$profile is for guests with $*; this one has none"
  exit 0
}

# alone: one at a time, and never beside a converge of provision's.
alone() {
  exec 9>>/run/lock/provision.lock || fail_write /run/lock/provision.lock
  flock -w "$LOCK_SECONDS" 9 || fail E_LOCKED "another converge runs on this guest"
}

# want_answer NAME QUESTION TYPE VALUE: for debconf, if that package is going to be installed.
want_answer() { answers="$answers$*$newline"; }

is_installed() {
  [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]
}

want_packages() {
  missing=
  for package in "$@"; do is_installed "$package" || missing="$missing $package"; done
  interrupted=
  for update in /var/lib/dpkg/updates/[0-9]*; do
    [ -e "$update" ] && interrupted=yes
  done
  if [ -n "$interrupted" ] && differs package 'that a former installation left half way'; then repair_packages; fi
  [ -n "$missing" ] || return 0
  lists=
  for list in /var/lib/apt/lists/*_Packages*; do
    [ -e "$list" ] && lists=yes
  done
  if [ -z "$lists" ]; then
    # Without package lists a check cannot tell what the archive has.
    if [ -n "$check" ]; then
      differs package "${missing# }"
      return 0
    fi
    refresh_lists
  fi
  available=
  for package in $missing; do
    case $(apt-cache policy "$package" 2>/dev/null | sed -n 's/^  Candidate: //p') in
      '' | '(none)') say "- package $package: left out, the archive has none" ;;
      *) available="$available $package" ;;
    esac
  done
  [ -n "$available" ] || return 0
  differs package "${available# }" || return 0
  printf '%s' "$answers" | while read -r owner rest; do
    case " $available " in *" $owner "*) preseed "$owner $rest" ;; esac
  done || exit 1
  # shellcheck disable=SC2086
  install_packages $available
}

# want_file PATH MODE TEXT
want_file() {
  if [ "$(readlink "$1")" = /dev/null ]; then
    say "- file $1: left out, it is masked"
    return 0
  fi
  sum=$(printf '%s' "$3" | sha256sum)
  sum=${sum%% *}
  if [ -f "$1" ] && [ "0$(stat -L -c '%a %u:%g' "$1")" = "$2 0:0" ]; then
    have=$(sha256sum <"$1")
    [ "${have%% *}" != "$sum" ] || return 0
  fi
  case $1 in
    /etc/systemd/system/provision-arm.service) units_changed=yes gate_changed=yes ;;
    /etc/systemd/system/*) units_changed=yes ;;
    /etc/provision/* | /usr/local/lib/provision/arm) gate_changed=yes ;;
  esac
  differs file "$1" || return 0
  mkdir -p "${1%/*}" || fail_write "$1"
  stage "$1" "$2" 0:0 "$sum" "$3"
  check_staged
  staged=
  swap "$1"
}

# The part of an exported script that deals with settings, the boot loader, kdump and the gate.

has_key() { [ -e "/proc/sys/$1" ]; }

key_of() { printf '%s' "$1" | tr /. ./; }

# want_settings PATH MODE HEAD KEY VALUE..: a fragment with the settings that this kernel has. KEY is a path under /proc/sys.
want_settings() {
  target=$1
  mode=$2
  text=$3
  lines=
  shift 3
  while [ $# -gt 1 ]; do
    if has_key "$1"; then
      lines="$lines$(key_of "$1") = $2$newline"
      case $target in /etc/provision/*) armed="$armed$1 $2$newline" ;; esac
    fi
    shift 2
  done
  [ -z "$lines" ] || want_file "$target" "$mode" "$text$lines"
}

# want_keys PATH KEY VALUE..: what a shell-style file sets last.
want_keys() {
  target=$1
  shift
  if [ ! -e "$target" ]; then
    # Its package brings it; where that is left out there is nothing to configure.
    [ -z "$check" ] || differs keys "$target"
    return 0
  fi
  wanted=
  missing=
  for word in "$@"; do
    if [ -z "$wanted" ]; then
      wanted=$word
      continue
    fi
    [ "$(grep -a "^$wanted=" "$target" | tail -n 1)" = "$wanted=$word" ] || missing="$missing $wanted"
    wanted=
  done
  [ -z "$(tail -c 1 "$target")" ] || missing="$missing newline"
  [ -n "$missing" ] || return 0
  kdump_changed=yes
  if differs keys "$target:$missing"; then edit_keys "$target" "$@"; fi
}

same_setting() {
  read_sysctl "$1"
  squeeze "$value"
  have=$squeezed
  squeeze "$2"
  [ "$have" = "$squeezed" ]
}

# want_sysctl PATH VALUE: the live one.
want_sysctl() {
  setting=$(key_of "$1")
  if ! has_key "$1"; then
    say "- sysctl $setting: left out, this kernel has none"
  elif ! same_setting "$1" "$2" && differs sysctl "$setting: $have, wanted $2"; then
    set_sysctl "$1" "$2"
  fi
}

# want_crashkernel VALUE: on the command line of the next boot, alone; and in force in this one, or a reboot is due.
want_crashkernel() {
  if [ "$(next_crashkernels)" != "$1" ] && differs cmdline "crashkernel=$1"; then update_bootloader; fi
  case $(reservation_state "$1") in
    due) reboot="crashkernel=$1 is reserved at boot" ;;
    failed) say "- crashkernel=$1: the kernel was asked for it and reserved nothing; see dmesg" ;;
  esac
}

reload_units() {
  if [ -n "$units_changed" ] && [ -z "$check" ]; then unit reload systemd; fi
}

# want_capture: the crash kernel is loaded, and with this configuration, where memory is reserved for it.
want_capture() {
  is_installed kdump-tools || return 0
  kexec_fact crash_size
  [ "${value:-0}" -gt 0 ] || return 0
  kexec_fact crash_loaded
  if [ "$value" = 1 ] && [ -z "$kdump_changed" ]; then return 0; fi
  # The next boot loads everything anew.
  if [ -n "$reboot" ] && [ -z "$kdump_changed" ]; then return 0; fi
  case $(systemctl is-enabled kdump-tools.service 2>/dev/null) in
    masked)
      say "- unit kdump-tools.service: left out, it is masked"
      return 0
      ;;
    disabled) enable=yes ;;
    *) enable= ;;
  esac
  differs unit kdump-tools.service || return 0
  [ -z "$enable" ] || unit enable kdump-tools.service
  [ -e "/var/lib/kdump/initrd.img-$kernel" ] || build_capture_initrd "$kernel"
  unit restart kdump-tools.service
}

# want_gate: enabled and running, started anew when what it reads has changed or what it armed is off again.
want_gate() {
  [ -n "$armed" ] || return 0
  enabled=$(systemctl is-enabled provision-arm.service 2>/dev/null)
  if [ "$enabled" = masked ]; then
    say "- unit provision-arm.service: left out, it is masked"
    return 0
  fi
  gate_action=
  case $(systemctl is-active provision-arm.service 2>/dev/null) in
    active | activating)
      [ -z "$gate_changed" ] || gate_action=restart
      if grep -q -s ' armed ' "$RUN_DIRECTORY/arm"; then
        printf '%s' "$armed" | while read -r key wanted; do same_setting "$key" "$wanted" || exit 1; done || gate_action=restart
      fi
      ;;
    *) gate_action=start ;;
  esac
  if [ "$enabled" = enabled ] && [ -z "$gate_action" ]; then return 0; fi
  differs unit provision-arm.service || return 0
  [ "$enabled" = enabled ] || unit enable provision-arm.service
  [ -z "$gate_action" ] || unit "$gate_action" provision-arm.service
}

# finish: what came of it. A reboot that is due is left where Debian's own tools leave it.
finish() {
  if [ -n "$reboot" ]; then
    say "a reboot is due: $reboot"
    if [ -z "$check" ] && [ ! -e /run/reboot-required ]; then
      printf '%s\n' '*** System restart required ***' >/run/reboot-required
    fi
  fi
  sync_directories
  if [ "$changes" = 0 ]; then
    say 'as desired'
  elif [ -n "$check" ]; then
    say "$changes would change"
    exit 3
  else
    say "$changes changed"
  fi
}

# How the reservation stands: in the boot loader's configuration, on this boot's command line, in the kernel.

# kexec_fact NAME: crash_loaded and crash_size, where newer kernels have them or older ones.
kexec_fact() {
  value=
  for file in "/sys/kernel/kexec_$1" "/sys/kernel/kexec/$1"; do
    if [ -r "$file" ]; then read_first "$file"; fi
  done
}

# next_crashkernels: those on the command line of the next boot, one a line.
next_crashkernels() {
  grep -m1 -E '^[[:space:]]*linux(16|efi)?[[:space:]]' /boot/grub/grub.cfg | tr -s '[:space:]' '\n' |
    sed -n 's/^crashkernel=//p'
}

# reservation_state VALUE: `held`, `due` with the next boot, or `failed` when this boot was asked and reserved nothing. A
# size is held when as much is reserved, anything else when it is on this boot's command line.
reservation_state() {
  read_first /proc/cmdline
  running=$(printf '%s' "$value" | tr -s '[:space:]' '\n' | sed -n 's/^crashkernel=//p' | tail -n 1)
  kexec_fact crash_size
  number=${1%[KMGkmg]}
  unit=${1#"$number"}
  case $number in '' | *[!0-9]*) number= ;; esac
  case $unit in
    [Kk]) unit=1024 ;;
    [Mm]) unit=1048576 ;;
    [Gg]) unit=1073741824 ;;
    *) unit=1 ;;
  esac
  if [ "${value:-0}" -gt 0 ]; then
    if [ -z "$number" ] && [ "$running" = "$1" ]; then
      echo held
      return 0
    fi
    if [ -n "$number" ] && [ "$value" -ge $((number * unit)) ]; then
      echo held
      return 0
    fi
  elif [ "$running" = "$1" ]; then
    echo failed
    return 0
  fi
  echo due
}

# crashkernel_size: the reservation that `crashkernel: auto` means on this guest, `256M`. The sum is that of docs/kdump.md;
# its numbers, in capitals, are set before. A size that was computed earlier stays as long as it is right.

bytes_of() { [ ! -f "$1" ] || stat -L -c %s "$1"; }

crashkernel_size() {
  release=$(uname -r)
  written=
  if grep -q -s -F "$COMPUTED" /etc/default/grub.d/zz-provision.cfg; then
    written=$(sed -n 's/.* crashkernel=\([0-9]*[KMG]\)"$/\1/p' /etc/default/grub.d/zz-provision.cfg | tail -n 1)
  fi
  reserved=0
  for file in /sys/kernel/kexec_crash_size /sys/kernel/kexec/crash_size; do
    if [ -r "$file" ]; then reserved=$(cat "$file"); fi
  done
  set --
  for file in /proc/modules /proc/iomem /proc/meminfo /proc/cmdline; do
    if [ -r "$file" ]; then set -- "$@" "$file"; fi
  done
  awk -v release="$release" -v written="$written" -v reserved="$reserved" \
    -v image="$(bytes_of "/boot/vmlinuz-$release")" -v initrd="$(bytes_of "/boot/initrd.img-$release")" \
    -v capture="$(bytes_of "/var/lib/kdump/initrd.img-$release")" \
    -v usual_image="$USUAL_IMAGE" -v usual_kernel="$USUAL_KERNEL" -v factor="$IMAGE_FACTOR" \
    -v usual_modules="$USUAL_MODULES" -v usual_initrd="$USUAL_INITRD" -v userspace="$USERSPACE" \
    -v unpacked="$UNPACKED" -v spare="$SPARE" -v multiple="$STEP" -v smallest="$SMALLEST" -v ranges="$FLOOR_RANGES" '
    function up(number) { return number > int(number) ? int(number) + 1 : int(number) }
    function mib(bytes) { return up(bytes / 1048576) }
    function hex(text,  n, i) {
      for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", tolower(substr(text, i, 1))) - 1
      return n
    }
    # MiB of `256M`; -1 for anything that is not a size with a unit.
    function size(text,  unit) {
      if (text !~ /^[0-9]+[KMGkmg]$/) return -1
      unit = toupper(substr(text, length(text)))
      return (text + 0) * (unit == "K" ? 1 / 1024 : unit == "G" ? 1024 : 1)
    }
    function floor_of(ram,  n, i, all, bounds, part) {
      # Since 6.1 the kernel rounds its memory up before it looks for the range.
      if (!old) ram = up(ram / 131072) * 131072
      n = split(ranges, all, ",")
      for (i = 1; i <= n; i++) {
        split(all[i], part, ":")
        split(part[1], bounds, "-")
        if (ram >= size(bounds[1]) * 1024 && (bounds[2] == "" || ram < size(bounds[2]) * 1024)) return size(part[2])
      }
      return 0
    }
    FILENAME ~ /modules$/ { modules += $2 }
    FILENAME ~ /iomem$/ && / : (System RAM|Kernel (code|rodata|data|bss))$/ {
      split($1, range, "-")
      if (hex(range[2]) == 0) next
      if ($3 == "System") ram += hex(range[2]) - hex(range[1]) + 1
      else kernel += hex(range[2]) - hex(range[1]) + 1
    }
    FILENAME ~ /meminfo$/ && $1 == "MemTotal:" { total = $2 }
    FILENAME ~ /cmdline$/ {
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^crashkernel=/) asked = substr($i, 13)
        if ($i ~ /^log_buf_len=/ && log_text == "") log_text = substr($i, 13)
      }
    }
    END {
      split(release, version, /[.-]/)
      old = version[1] < 6 || (version[1] == 6 && version[2] < 1)
      kib = ram ? int(ram / 1024) : total + int(reserved / 1024)
      if (kernel) need = mib(kernel) + (image == "" ? usual_image : mib(image))
      else need = image == "" ? usual_kernel : mib(image) * factor
      if (capture != "") inside = mib(capture)
      else inside = initrd != "" && mib(initrd) < usual_initrd ? mib(initrd) : usual_initrd
      later = (modules ? mib(modules) : usual_modules) + userspace
      if (inside * unpacked > later) later = inside * unpacked
      need += inside + later + up(kib / 1048576)
      log_mib = size(log_text)
      if (log_mib >= 1) need += up(log_mib)
      least = floor_of(kib)
      if (least <= smallest) least = smallest
      wanted = up((need + spare) / multiple) * multiple
      if (wanted < least) wanted = least
      if (least < need) least = need
      running = size(asked)
      if (running < 0 || running * 1048576 != reserved) running = -1
      ours = size(written)
      candidate = ours >= 0 ? ours : running
      if (candidate >= 0 && candidate * 2 <= kib / 1024) {
        if (ours >= 0 && ours != running) wanted = candidate
        else if (candidate >= least && candidate <= wanted + multiple) wanted = candidate
      }
      printf "%dM\n", wanted
    }' "$@"
}

for_system debian 12 amd64 'Debian 12'
for_drivers debug-panic virtio_gpu
for_grub
[ -n "$check" ] || alone
COMPUTED='computed from what this guest would need'
USUAL_IMAGE=9
USUAL_KERNEL=54
IMAGE_FACTOR=6
USUAL_MODULES=40
USUAL_INITRD=40
USERSPACE=96
UNPACKED=3
SPARE=16
STEP=64
SMALLEST=256
FLOOR_RANGES=''
crashkernel=$(crashkernel_size)
[ -n "$crashkernel" ] || fail E_CONVERGE "the size of the reservation could not be computed"
want_answer kdump-tools kdump-tools/use_kdump boolean true
want_answer kexec-tools kexec-tools/load_kexec boolean false
want_packages kdump-tools kexec-tools makedumpfile initramfs-tools crash bpftrace bpfcc-tools linux-headers-"$kernel"''
want_keys /etc/default/kdump-tools USE_KDUMP 1 KDUMP_NUM_DUMPS 5 KDUMP_CMDLINE_APPEND '"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb cgroup_disable=memory transparent_hugepage=never acpi_no_memhotplug panic=10"'
want_settings /etc/sysctl.d/60-provision-debug-panic.conf 0644 '# Written by provision for profile debug-panic; safe at every boot, the capture boot included.
# The settings that panic are in /etc/provision/armed.d and become live through provision-arm.service.
' kernel/hung_task_all_cpu_backtrace 1 kernel/hung_task_timeout_secs 60 kernel/hung_task_warnings -1 kernel/panic 10 kernel/sysrq 1
want_settings /etc/provision/armed.d/debug-panic.conf 0644 '# Written by provision for profile debug-panic; applied by /usr/local/lib/provision/arm, never at boot.
' kernel/hung_task_panic 1 kernel/panic_on_oops 1 kernel/panic_on_warn 1 kernel/softlockup_panic 1 vm/panic_on_oom 1
want_file /usr/local/lib/provision/arm 0755 '#!/bin/sh
# The gate in front of the settings that panic this guest: they become live only once a crash would really be captured.
# Started by provision-arm.service at every boot; settings in /etc/provision/arm.conf. What it decided stands in
# /run/provision/arm, one line: BOOT_ID STATE REASON.
set -u
LC_ALL=C
export LC_ALL

STATUS=/run/provision/arm
FRAGMENTS=/etc/provision/armed.d
WHEN=kdump-ready AFTER=120 CRASHES=3 WITHIN=3600
# shellcheck disable=SC1091
[ -r /etc/provision/arm.conf ] && . /etc/provision/arm.conf

read -r boot_id </proc/sys/kernel/random/boot_id
said=

report() {
  [ "$said" = "$*" ] && return 0
  said="$*"
  mkdir -p "${STATUS%/*}"
  printf '\''%s %s\n'\'' "$boot_id" "$*" >"$STATUS.new" && mv -f "$STATUS.new" "$STATUS"
  printf '\''%s\n'\'' "$*"
}

crash_loaded() {
  loaded=0
  for file in /sys/kernel/kexec/crash_loaded /sys/kernel/kexec_crash_loaded; do
    if [ -r "$file" ]; then
      read -r loaded <"$file"
      break
    fi
  done
  [ "$loaded" = 1 ]
}

uptime_seconds() {
  read -r seconds _ </proc/uptime
  seconds=${seconds%%.*}
}

# Crashes captured lately, by the age of their directories.
recent_crashes() {
  find /var/crash -mindepth 1 -maxdepth 1 -type d -name '\''2*'\'' -mmin "-$((WITHIN / 60 + 1))" 2>/dev/null | wc -l
}

if [ -e /proc/vmcore ]; then
  report refused "this is the capture kernel"
  exit 0
fi

uptime_seconds
while [ "$seconds" -lt "$AFTER" ]; do
  report waiting "for $AFTER s of uptime"
  sleep $((AFTER - seconds < 5 ? AFTER - seconds : 5))
  uptime_seconds
done

# Loading flickers while kdump-tools reloads (CPU or memory hotplug), so a "no" is asked again, for ever.
pause=1
while [ "$WHEN" = kdump-ready ] && ! crash_loaded; do
  report waiting "for kdump: no crash kernel is loaded"
  sleep "$pause"
  pause=$((pause < 5 ? pause + 1 : 5))
done

crashes=$(recent_crashes)
if [ "$CRASHES" -gt 0 ] && [ "$crashes" -ge "$CRASHES" ]; then
  report refused "breaker: $crashes crashes within $WITHIN s; staying disarmed"
  exit 0
fi

failed=
for fragment in "$FRAGMENTS"/*.conf; do
  [ -r "$fragment" ] || continue
  while IFS='\''= '\'' read -r key value || [ -n "$key" ]; do
    case $key in '\'''\'' | '\''#'\''*) continue ;; esac
    path=/proc/sys/$(printf '\''%s'\'' "$key" | tr . /)
    { printf '\''%s\n'\'' "$value" >"$path"; } 2>/dev/null
    # A sysctl answers only at offset 0, so the shell'\''s own read, byte by byte, would see its first digit.
    now=$(head -n 1 "$path" 2>/dev/null)
    [ "$now" = "$value" ] || failed="$failed $key (wanted $value, reads ${now:-nothing})"
  done <"$fragment"
done
if [ -n "$failed" ]; then
  report failed "not armed as asked:$failed"
  exit 1
fi
report armed "panic settings are live"
'
want_file /etc/provision/arm.conf 0644 '# Written by provision: when the settings in /etc/provision/armed.d become live.
# WHEN is kdump-ready or always; AFTER is seconds of uptime; CRASHES within WITHIN seconds keep the guest disarmed.
WHEN=kdump-ready
AFTER=120
CRASHES=3
WITHIN=3600
'
want_file /etc/systemd/system/provision-arm.service 0644 '# Written by provision; taken away by `provision rollback`.
[Unit]
Description=Arm the panic settings once a crash would be captured
After=kdump-tools.service
ConditionPathExists=!/proc/vmcore
ConditionPathExists=/etc/provision/armed.d

[Service]
Type=exec
ExecStart=/usr/local/lib/provision/arm
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
'
want_file /etc/default/grub.d/zz-provision.cfg 0644 '# Written by provision. The kernel takes the last crashkernel=, except that a size with ",high" loses to any without:
# so every other one goes, and this one comes. Its size is computed from what this guest would need.
GRUB_CMDLINE_LINUX=$(printf '\''%s'\'' "${GRUB_CMDLINE_LINUX:-}" | sed -e '\''s/crashkernel=[^ ]* *//g'\'')
GRUB_CMDLINE_LINUX_DEFAULT=$(printf '\''%s'\'' "${GRUB_CMDLINE_LINUX_DEFAULT:-}" | sed -e '\''s/crashkernel=[^ ]* *//g'\'')
GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT% } crashkernel='"$crashkernel"'"
'
want_file /etc/systemd/system/kdump-tools-dump.service.d/provision.conf 0644 '# Written by provision: a panic inside the capture kernel would lose the dump that it is there to save.
[Service]
ExecStartPre=-/sbin/sysctl -q -e -w kernel.hardlockup_panic=0 kernel.hung_task_panic=0 kernel.oops_limit=0 kernel.panic_on_io_nmi=0 kernel.panic_on_oops=0 kernel.panic_on_rcu_stall=0 kernel.panic_on_unrecovered_nmi=0 kernel.panic_on_warn=0 kernel.softlockup_panic=0 kernel.unknown_nmi_panic=0 kernel.warn_limit=0 vm.panic_on_oom=0
'
want_file /usr/local/lib/provision/capture-log 0755 '#!/bin/sh
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
former=" $(printf '\''%s '\'' *) "

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
'
want_file /etc/systemd/system/provision-capture-log.service 0644 '# Written by provision; taken away by `provision rollback`.
[Unit]
Description=Keep what the capture kernel says
ConditionPathExists=/proc/vmcore
RequiresMountsFor=/var/crash
Before=kdump-tools-dump.service

[Service]
Type=exec
ExecStart=/usr/local/lib/provision/capture-log
'
want_file /etc/systemd/system/kdump-tools-dump.service.d/provision-log.conf 0644 '# Written by provision: a capture that fails must leave more than an empty file.
[Unit]
Wants=provision-capture-log.service
After=provision-capture-log.service
'
reload_units
want_sysctl kernel/hung_task_all_cpu_backtrace 1
want_sysctl kernel/hung_task_timeout_secs 60
want_sysctl kernel/hung_task_warnings -1
want_sysctl kernel/panic 10
want_sysctl kernel/sysrq 1
want_crashkernel "$crashkernel"
want_capture
want_gate
finish
}
main "$@"
