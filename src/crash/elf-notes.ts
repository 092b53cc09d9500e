import type { Bytes } from './bytes.ts';

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly value: Buffer;
}

const PT_NOTE = 4;
const SHT_NOTE = 7;
const NT_GNU_BUILD_ID = 3;
/** Notes of a vmlinux take a few hundred bytes, those of a vmcore a few hundred for each CPU. */
const MAX_NOTES = 16_000_000;
const MAX_HEADERS = 65_536;

/** Notes of a 64-bit little-endian ELF file; none for any other file. Reads headers and notes, never the whole file. */
export function elfNotes(bytes: Bytes): ElfNote[] {
  const head = bytes.read(0, 64);
  if (head.length < 64 || head.toString('latin1', 0, 4) !== '\x7fELF' || head[4] !== 2 || head[5] !== 1) return [];
  const programs = table(bytes, head, { offset: 32, size: 54, count: 56, atLeast: 56 })
    .filter((entry) => entry.readUInt32LE(0) === PT_NOTE)
    .map((entry) => area(entry, 8, 32));
  // A separate debug file keeps its program headers while what they point at may be gone: sections are right in both.
  const sections = table(bytes, head, { offset: 40, size: 58, count: 60, atLeast: 64 })
    .filter((entry) => entry.readUInt32LE(4) === SHT_NOTE)
    .map((entry) => area(entry, 24, 32));
  return [...sections, ...programs].flatMap(({ offset, size }) =>
    size > MAX_NOTES ? [] : notesIn(bytes.read(offset, size)),
  );
}

/** The build-id of an ELF file, in hex; null when it has none, or is no ELF file. */
export function elfBuildId(bytes: Bytes): string | null {
  const note = elfNotes(bytes).find(({ name, type }) => name === 'GNU' && type === NT_GNU_BUILD_ID);
  return note === undefined || note.value.length === 0 ? null : note.value.toString('hex');
}

interface TablePlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  readonly atLeast: number;
}

function table(bytes: Bytes, head: Buffer, place: TablePlace): Buffer[] {
  const start = Number(head.readBigUInt64LE(place.offset));
  const size = head.readUInt16LE(place.size);
  const count = Math.min(head.readUInt16LE(place.count), MAX_HEADERS);
  if (start === 0 || size < place.atLeast || start >= bytes.size) return [];
  const whole = bytes.read(start, size * count);
  return Array.from({ length: Math.floor(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));
}

function area(entry: Buffer, offset: number, size: number): { offset: number; size: number } {
  return { offset: Number(entry.readBigUInt64LE(offset)), size: Number(entry.readBigUInt64LE(size)) };
}

/** name size, value size, type; then name and value, each filled up to 4 bytes. */
function notesIn(data: Buffer): ElfNote[] {
  const notes: ElfNote[] = [];
  let at = 0;
  while (at + 12 <= data.length) {
    const nameSize = data.readUInt32LE(at);
    const valueSize = data.readUInt32LE(at + 4);
    const value = at + 12 + aligned(nameSize);
    if (value + valueSize > data.length) break;
    notes.push({
      name: data.toString('latin1', at + 12, at + 12 + nameSize).replace(/\0.*$/s, ''),
      type: data.readUInt32LE(at + 8),
      value: data.subarray(value, value + valueSize),
    });
    at = value + aligned(valueSize);
  }
  return notes;
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
