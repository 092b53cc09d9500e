/** Shell functions that leave in a lab guest what kdump-tools leaves after a crash. */
export const FABRICATE = String.raw`
# flattened FILE: 16 MiB of noise that begins as a kdump file does, in makedumpfile's flattened order; the noise alone is
# kept in /root/inside.
flattened() {
  { printf 'KDUMP   '; head -c 16777208 /dev/urandom; } >/root/inside
  { printf 'makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1'; head -c 4064 /dev/zero
    printf '\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0'; cat /root/inside
    printf '\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377'; } >"$1"
}
# crash STAMP: a directory with a valid dump and its kernel log.
crash() {
  mkdir -p "/var/crash/$1"
  flattened "/var/crash/$1/dump.$1"
  printf '%s\n' '[   12.1] INFO: task Xorg:1458 blocked for more than 60 seconds.' \
    '[   12.2] Kernel panic - not syncing: hung_task: blocked tasks' >"/var/crash/$1/dmesg.$1"
}
`;

/** sha256 of what a fetched dump's vmcore must be. */
export const INSIDE = `sha256sum </root/inside`;
