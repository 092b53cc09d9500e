/** A file that is no text, told by its first bytes. */
interface FileKind {
  readonly what: string;
  readonly hint: (file: string) => string;
}

const unpack =
  (tool: string) =>
  (file: string): string =>
    `${tool} ${file} | provision explain -`;
const analyze = (file: string): string => `provision dumps analyze ${file}`;

const KINDS: readonly (readonly [magic: string, kind: FileKind])[] = [
  ['\x1f\x8b', { what: 'compressed with gzip', hint: unpack('zcat') }],
  ['\xfd7zXZ', { what: 'compressed with xz', hint: unpack('xzcat') }],
  ['\x28\xb5\x2f\xfd', { what: 'compressed with zstd', hint: unpack('zstdcat') }],
  ['BZh', { what: 'compressed with bzip2', hint: unpack('bzcat') }],
  ['\x7fELF', { what: 'an ELF file', hint: analyze }],
  ['KDUMP   ', { what: 'a crash dump', hint: analyze }],
  ['makedumpfile\0', { what: 'a crash dump', hint: analyze }],
  [
    'LPKSHHRH',
    { what: "a file of systemd's journal", hint: (file) => `journalctl -k --file ${file} | provision explain -` },
  ],
  ['PERFILE2', { what: "perf's data", hint: (file) => `perf script -i ${file} | provision explain -` }],
];

/** What the bytes are, when they are known to be no text. */
export function fileKind(bytes: Uint8Array): FileKind | null {
  const start = Array.from(bytes.subarray(0, 16), (byte) => String.fromCharCode(byte)).join('');
  return KINDS.find(([magic]) => start.startsWith(magic))?.[1] ?? null;
}
