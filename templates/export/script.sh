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
