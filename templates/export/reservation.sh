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
