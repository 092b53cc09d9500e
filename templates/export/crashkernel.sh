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
