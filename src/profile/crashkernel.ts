/**
 * Whether a value fits the kernel's `crashkernel=` syntax, less its rarer forms (no bare bytes, no hexadecimal).
 * Source: Documentation/admin-guide/kdump/kdump.rst.
 * @returns what is wrong, or null
 */
export function crashkernelProblem(text: string): string | null {
  if (text === 'auto') return null;
  if (/^\d+$/.test(text)) return `takes a size with a unit, and ${text} alone is bytes: write ${text}M`;
  if (text.includes(':')) return rangesProblem(text);
  return /^[1-9]\d*[KMG](?:@\d+[KMG]|,(?:high|low|cma))?$/i.test(text) ? null : SYNTAX;
}

const SYNTAX = 'takes auto, a size (256M; 512M,high) or ranges of RAM (2G-4G:320M,4G-:512M)';

/** `start-[end]:size[,...][@offset]`: sizes of RAM, each with what to reserve; the first that fits counts. */
function rangesProblem(text: string): string | null {
  for (const range of text.replace(/@\d+[KMG]$/i, '').split(',')) {
    const match = /^(\d+[KMG]?)-(\d+[KMG])?:([1-9]\d*[KMG])$/i.exec(range);
    if (!match) return SYNTAX;
    const [, start = '', end, size = ''] = match;
    if (end !== undefined && bytes(end) <= bytes(start))
      return `takes ranges whose end is above their start (${range} is not)`;
    if (end !== undefined && bytes(size) >= bytes(end))
      return `takes sizes below the RAM they are for (${range} is not)`;
  }
  return null;
}

function bytes(size: string): number {
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[size.slice(-1).toUpperCase()] ?? 1;
  return Number.parseInt(size, 10) * unit;
}
