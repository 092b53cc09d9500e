#!/bin/sh
# What the boot loader would do: takes the kernel's command line from grub.cfg, and crashkernel= from that.
# Its results are for the script that reads it in.
# shellcheck disable=SC2034

# crash_bytes SIZE: 256M -> 268435456
crash_bytes() {
  case $1 in
    *[Kk]) echo $((${1%?} * 1024)) ;;
    *[Mm]) echo $((${1%?} * 1048576)) ;;
    *[Gg]) echo $((${1%?} * 1073741824)) ;;
    *[!0-9]* | '') echo 0 ;;
    *) echo "$1" ;;
  esac
}

# kernel_line GRUB_CFG: sets cmdline and crash_size. The last crashkernel= wins; ranges are met by 2 GiB of memory.
kernel_line() {
  cmdline=''
  crash_size=0
  while read -r word rest; do
    if [ "$word" = linux ]; then
      cmdline="BOOT_IMAGE=$rest"
      break
    fi
  done <"$1"
  asked=
  for word in $cmdline; do
    case $word in crashkernel=*) asked=${word#crashkernel=} ;; esac
  done
  case $asked in
    '' | *,high | *,low) return 0 ;;
    *:*)
      old_ifs=$IFS
      IFS=,
      for range in ${asked%@*}; do
        from=${range%%-*}
        to=${range#*-}
        to=${to%%:*}
        [ "$(crash_bytes "$from")" -le 2147483648 ] || continue
        [ -z "$to" ] || [ "$(crash_bytes "$to")" -gt 2147483648 ] || continue
        crash_size=$(crash_bytes "${range##*:}")
        break
      done
      IFS=$old_ifs
      ;;
      *) crash_size=$(crash_bytes "${asked%%[@,]*}") ;;
  esac
}
