# Reboots this guest: cleanly, through its firmware and boot loader, and a moment after saying so, so that the answer gets
# out. kexec-tools and systemd can turn a reboot into a kexec with the old command line, which would lose the new
# crashkernel=, so every way to that is shut first. OLD_BOOT_ID is the boot that is to end; fenced is the attempt's own call of
# converge-fence.sh, which stands before this text, or nothing.
refuse() {
  section reboot
  printf 'refused %s %s\n' "$1" "$2"
  exit 0
}

boot_id=
{ read -r boot_id </proc/sys/kernel/random/boot_id; } 2>/dev/null
[ "$boot_id" = "$OLD_BOOT_ID" ] || refuse E_REBOOT 'it has restarted since it was looked at'

# Nobody's work is cut off: neither a converge of ours, nor apt, which asks logind to block shutdowns meanwhile.
mkdir -p /run/lock
exec 9>>/run/lock/provision.lock || refuse E_REBOOT 'cannot write /run/lock/provision.lock'
if ! flock -n 9; then
  since='' holder=''
  [ -r /run/provision/current ] && read -r _ _ since holder </run/provision/current
  refuse E_LOCKED "${holder:-a converge} works on this guest${since:+ since $since}"
fi
blocker=$(systemd-inhibit --list --no-pager --no-legend 2>/dev/null 9>&- |
  grep -E '[ :]shutdown[ :].* block *$' | head -n 1)
[ -z "$blocker" ] || refuse E_LOCKED "a shutdown is blocked: $blocker"

# Nor is the work of a newer attempt. What converge-fence.sh has from converge.sh:
STATE_DIRECTORY=/var/lib/provision
RUN_DIRECTORY=/run/provision
STAGED_SUFFIX=.provision-new
fail() { refuse "$1" "$2"; }
fail_write() { refuse E_REBOOT "cannot write $1"; }
fenced

kexec_loaded() {
  loaded=0
  for file in /sys/kernel/kexec/loaded /sys/kernel/kexec_loaded; do
    if [ -r "$file" ]; then
      read -r loaded <"$file"
      break
    fi
  done
  [ "$loaded" = 1 ]
}
if kexec_loaded; then
  kexec -u >/dev/null 2>&1 9>&-
  kexec_loaded && refuse E_REBOOT 'a kexec image is loaded, and "kexec -u" does not take it out'
fi

# Settings as the script of kexec-tools reads them; the shell around keeps ours apart.
wants_kexec() (
  LOAD_KEXEC=
  set +u
  # shellcheck disable=SC1091
  [ -r /etc/default/kexec ] && . /etc/default/kexec
  for snippet in /etc/default/kexec.d/*; do
    # shellcheck disable=SC1090
    [ -r "$snippet" ] && . "$snippet"
  done
  [ "$LOAD_KEXEC" = true ]
) >/dev/null 2>&1
if grep -qs /no-kexec-reboot /etc/init.d/kexec-load && wants_kexec && [ ! -e /no-kexec-reboot ]; then
  printf 'provision\n' >/no-kexec-reboot || refuse E_REBOOT 'cannot write /no-kexec-reboot'
fi

if [ -d /run/systemd/system ]; then
  how='SYSTEMCTL_SKIP_AUTO_KEXEC=1 SYSTEMCTL_SKIP_AUTO_SOFT_REBOOT=1 systemctl reboot'
else
  how='shutdown -r now || reboot'
fi
command -v logger >/dev/null 2>&1 && logger -t provision 'rebooting, as provision --reboot asked for' 9>&-
if [ -d /run/systemd/system ] && systemd-run --quiet --collect --unit=provision-reboot --description='provision reboot' \
  /bin/sh -c "sleep 1; $how" 2>/dev/null 9>&-; then
  :
elif ! setsid -f sh -c "sleep 1; $how" </dev/null >/dev/null 2>&1 9>&-; then
  refuse E_REBOOT 'neither systemd-run nor setsid could start it'
fi
section reboot
printf 'asked\n'
