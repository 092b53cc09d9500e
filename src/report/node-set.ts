import { naturally } from '../inventory/natural-order.ts';
import { packItems } from './cells.ts';

/** Up to this many names are simply listed. */
const LISTED = 3;
/** Characters between one pair of brackets, so that a line can be broken between two. */
const MAX_RANGES = 48;
/** A number longer than this would not survive arithmetic, and is no index anyway. */
const MAX_DIGITS = 9;

interface Candidate {
  readonly name: string;
  readonly digits: string;
}

/**
 * Guest names for people: a few are listed, many become ranges. Independent of the order they come in except that
 * short lists keep it.
 * @example foldNames(['vm1', 'vm2', 'vm3', 'vm5', 'db']) // ['db', 'vm[1-3,5]']
 */
export function foldNames(names: readonly string[]): string[] {
  if (names.length <= LISTED) return [...names];
  const open = new Set(names);
  const folded: string[] = [];
  for (const [template, candidates] of byTemplate(names)) {
    const members = candidates.filter(({ name }) => open.has(name));
    for (const group of byPadding(members)) {
      if (group.length < LISTED) continue;
      for (const { name } of group) open.delete(name);
      const parts = packItems(ranges(group.map(({ digits }) => digits)), MAX_RANGES, ',');
      folded.push(...parts.map((part) => template.replace('\0', `[${part.replace(/,$/, '')}]`)));
    }
  }
  return [...folded, ...open].sort(naturally);
}

/**
 * Every number in a name is a candidate for the index: `root@192.0.2.7:22` counts in its fourth number. Templates that
 * cover most names come first; between equals the number nearest the end.
 */
function byTemplate(names: readonly string[]): [string, Candidate[]][] {
  const templates = new Map<string, Candidate[]>();
  for (const name of new Set(names)) {
    for (const match of name.matchAll(/\d+/g)) {
      const digits = match[0];
      if (digits.length > MAX_DIGITS) continue;
      const template = `${name.slice(0, match.index)}\0${name.slice(match.index + digits.length)}`;
      const list = templates.get(template);
      if (list) list.push({ name, digits });
      else templates.set(template, [{ name, digits }]);
    }
  }
  return [...templates]
    .filter(([, list]) => list.length >= LISTED)
    .sort(([a, as], [b, bs]) => bs.length - as.length || b.indexOf('\0') - a.indexOf('\0') || (a < b ? -1 : 1));
}

/** `vm01` and `vm10` are one series, `vm1` and `vm01` are not. */
function byPadding(members: readonly Candidate[]): Candidate[][] {
  const padded = new Set(members.filter(({ digits }) => /^0\d/.test(digits)).map(({ digits }) => digits.length));
  const groups = new Map<number, Candidate[]>();
  for (const member of members) {
    const width = padded.has(member.digits.length) ? member.digits.length : 0;
    const group = groups.get(width);
    if (group) group.push(member);
    else groups.set(width, [member]);
  }
  return [...groups.values()];
}

function ranges(all: readonly string[]): string[] {
  const sorted = [...all].sort((a, b) => Number(a) - Number(b));
  const parts: string[] = [];
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end + 1 < sorted.length && Number(sorted[end + 1]) === Number(sorted[end]) + 1) end += 1;
    const [first, last] = [sorted[start] ?? '', sorted[end] ?? ''];
    parts.push(start === end ? first : end === start + 1 ? `${first},${last}` : `${first}-${last}`);
    start = end + 1;
  }
  return parts;
}
