/** The two ends of a dump file. */
export interface DumpEnds {
  /** The first 16 bytes, fewer of a shorter file. */
  readonly head: Buffer;
  /** The last 16 bytes, fewer of a shorter file. */
  readonly tail: Buffer;
  /** Bytes. */
  readonly size: number;
}

/** `flattened` is what makedumpfile -F writes to a pipe, `kdump` what -R makes of it, `elf` a copy of /proc/vmcore. */
export type DumpFormat = 'flattened' | 'kdump' | 'elf';

const FLATTENED = Buffer.from('makedumpfile\0');
const KDUMP = ['KDUMP   ', 'DISKDUMP'].map((text) => Buffer.from(text));
const ELF = Buffer.from('\x7fELF');
/** An offset and a size of -1: makedumpfile writes them last (write_end_flat_header). */
const END_MARKER = Buffer.alloc(16, 0xff);

/**
 * Whether a file is a whole dump, as far as its ends tell. kdump-tools saves what comes out of a pipe and does not see
 * makedumpfile fail, so a dump that is empty or breaks off looks saved; only the flattened format has an end to look for.
 */
export function judgeDump({
  head,
  tail,
  size,
}: DumpEnds):
  { readonly valid: true; readonly format: DumpFormat } | { readonly valid: false; readonly reason: string } {
  if (size === 0)
    return {
      valid: false,
      reason: 'empty: makedumpfile failed in the capture kernel and kdump-tools saved its empty output',
    };
  if (startsWith(head, FLATTENED)) {
    if (tail.equals(END_MARKER)) return { valid: true, format: 'flattened' };
    return { valid: false, reason: 'truncated: the end marker of makedumpfile is missing' };
  }
  if (KDUMP.some((magic) => startsWith(head, magic))) return { valid: true, format: 'kdump' };
  if (startsWith(head, ELF)) return { valid: true, format: 'elf' };
  return { valid: false, reason: 'not a dump: it begins with none of the signatures of makedumpfile, kdump and ELF' };
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}
