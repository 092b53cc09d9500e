import { judgeDump, type DumpFormat } from '../dump-format.ts';
import { containerFault, containerOf, type Container } from './container.ts';
import type { DumpFile, Verdict } from './dump.ts';

/** What is inside of a compressed dump, when that was asked for. */
export type Inside =
  | { readonly head: Buffer; readonly tail: Buffer; readonly exitCode: number }
  /** The guest lacks the program. */
  | { readonly missing: string };

/** All that is known of one dump file. */
export interface Evidence {
  readonly file: DumpFile;
  /** Absent where the user may not read it. */
  readonly ends?: { readonly head: Buffer; readonly tail: Buffer };
  readonly inside?: Inside;
}

export interface Judgement {
  readonly format: DumpFormat | Container | null;
  readonly verdict: Verdict;
}

/** A 2 GiB guest leaves 40 to 50 MB at dump level 31; no kernel's own memory is smaller than this. */
const SMALLEST = 1024 * 1024;
/** Of all RAM. */
const SMALLEST_SHARE = 0.002;

/** Whether a file that kdump-tools calls saved is a dump that can be read. */
export function judgeFile({ file, ends, inside }: Evidence, memTotalKiB: number): Judgement {
  if (ends === undefined) return invalid('cannot be read by this user: connect as root, or use sudo (-b)');
  if (file.size === 0) return { format: null, verdict: judgeDump({ ...ends, size: 0 }) };
  const container = containerOf(file.name);
  const { format, verdict } =
    container === undefined ? judgePlain(ends, file.size) : judgeCompressed(container, ends, inside);
  if (!verdict.valid) return { format, verdict };
  const least = Math.max(SMALLEST, memTotalKiB * 1024 * SMALLEST_SHARE);
  if (file.size >= least) return { format, verdict };
  const [size, memory] = [(file.size / 1e6).toFixed(1), (memTotalKiB / 1024 / 1024).toFixed(1)];
  return invalid(`implausibly small: ${size} MB for ${memory} GiB of memory`, format);
}

/** The same for a directory that has no finished dump file. */
export function judgeNone(files: readonly DumpFile[], captureKernel: boolean): Verdict {
  if (files.some(isIncomplete))
    return {
      valid: false,
      reason: captureKernel
        ? 'incomplete: the capture is running'
        : 'incomplete: the capture was cut off (disk full, out of memory or a reboot in the capture kernel)',
    };
  if (files.some(isDmesg)) return { valid: false, reason: 'no dump: only the kernel log was saved' };
  return { valid: false, reason: 'no dump: nothing was saved' };
}

export const isBody = ({ name }: DumpFile): boolean => /^(dump|vmcore)\.\d/.test(name);
export const isIncomplete = ({ name }: DumpFile): boolean => /^(dump|vmcore)-incomplete$/.test(name);
export const isDmesg = ({ name }: DumpFile): boolean => /^dmesg\.\d/.test(name);

function judgePlain(ends: { head: Buffer; tail: Buffer }, size: number): Judgement {
  const judged = judgeDump({ ...ends, size });
  return judged.valid ? { format: judged.format, verdict: { valid: true } } : invalid(judged.reason);
}

function judgeCompressed(
  container: Container,
  { head, tail }: { head: Buffer; tail: Buffer },
  inside: Inside | undefined,
): Judgement {
  const fault = containerFault(container, head, tail);
  if (fault !== undefined) return invalid(fault);
  if (inside === undefined || 'missing' in inside) {
    const why = inside === undefined ? '' : `, the guest has no ${inside.missing}`;
    return { format: container, verdict: { valid: true, note: `only its ${container} container was looked at${why}` } };
  }
  if (inside.exitCode !== 0) return invalid(`truncated: ${container} cannot read it to its end`, container);
  // How much is inside is not known; an empty stream has no head.
  const judged = judgeDump({ head: inside.head, tail: inside.tail, size: inside.head.length });
  return judged.valid
    ? { format: container, verdict: { valid: true } }
    : invalid(`${judged.reason} (in the ${container} file)`, container);
}

function invalid(reason: string, format: DumpFormat | Container | null = null): Judgement {
  return { format, verdict: { valid: false, reason } };
}
