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
