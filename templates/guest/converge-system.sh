# The part of a converge that deals with the running system: sysctls, units, the capture initrd, the boot loader.

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
