import type { DumpFormat } from '../dump-format.ts';

/** What kdump-tools can compress a dump with. */
export type Container = 'gzip' | 'bzip2' | 'xz' | 'lz4' | 'zstd';

interface Signature {
  readonly container: Container;
  readonly suffix: string;
  readonly magic: Buffer;
  /** Where the format has an end that can be told without reading all of it. */
  readonly end?: Buffer;
}

const SIGNATURES: readonly Signature[] = [
  { container: 'gzip', suffix: '.gz', magic: Buffer.from([0x1f, 0x8b]) },
  { container: 'bzip2', suffix: '.bz2', magic: Buffer.from('BZh') },
  { container: 'xz', suffix: '.xz', magic: Buffer.from('\xfd7zXZ\0', 'latin1'), end: Buffer.from('YZ') },
  { container: 'lz4', suffix: '.lz4', magic: Buffer.from([0x04, 0x22, 0x4d, 0x18]) },
  { container: 'zstd', suffix: '.zst', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
];

/** The container that a file's name promises; undefined for a dump that is not compressed. */
export function containerOf(name: string): Container | undefined {
  return SIGNATURES.find(({ suffix }) => name.endsWith(suffix))?.container;
}

export function isContainer(format: DumpFormat | Container | null): format is Container {
  return SIGNATURES.some(({ container }) => container === format);
}

/** Why this cannot be a whole file of that container; undefined when its ends look right. */
export function containerFault(container: Container, head: Buffer, tail: Buffer): string | undefined {
  const { magic, end } = SIGNATURES.find((signature) => signature.container === container) ?? {};
  if (magic === undefined || !head.subarray(0, magic.length).equals(magic)) return `not a ${container} file`;
  if (end !== undefined && !tail.subarray(-end.length).equals(end))
    return `truncated: the ${container} file has no end`;
  return undefined;
}
