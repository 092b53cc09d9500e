import { ProvisionError } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';

/** More names than that are a slip of the finger. */
const MAX_NAMES = 100_000;
/** A number longer than this would not survive arithmetic, and is no index anyway. */
const MAX_DIGITS = 9;
const SET = /\[(\d[\d,/-]*)\]/;

/** Whether a text has numbers in brackets, as ClusterShell writes node sets. */
export function hasNodeSet(text: string): boolean {
  return SET.test(text);
}

/**
 * The names that a folded name stands for: `n[1-3,7]`, `n[001-010]`, `n[0-8/2]`, `r[1-2]n[1-4]`; the inverse of folding.
 * @throws ProvisionError E_INVENTORY where ClusterShell and common sense would not read it alike
 */
export function expandNodes(text: string): string[] {
  let names = [''];
  let rest = text;
  for (let found = SET.exec(rest); found; found = SET.exec(rest)) {
    const head = rest.slice(0, found.index);
    const tail = rest.slice(found.index + found[0].length);
    const members = (found[1] ?? '').split(',').flatMap((part) => range(part, text));
    const widths = new Set(members.map(({ length }) => length));
    // ClusterShell takes n1[8-12] for n[18-112].
    if (widths.size > 1 && /\d$/.test(head)) {
      throw wrong(
        text,
        'digits stand before a bracket of numbers of different lengths',
        'write whole numbers inside it',
      );
    }
    if (tail.startsWith('[')) throw wrong(text, 'two brackets touch each other', 'write one set of whole numbers');
    if (names.length * members.length > MAX_NAMES) {
      throw wrong(text, `it stands for more than ${MAX_NAMES} names`, 'is a digit too many?');
    }
    names = names.flatMap((name) => members.map((member) => name + head + member));
    rest = tail;
  }
  return [...new Set(names.map((name) => name + rest))];
}

function range(part: string, text: string): string[] {
  const match = /^(\d+)(?:-(\d+)(?:\/(\d+))?)?$/.exec(part);
  const [, from = '', to = from, by = '1'] = match ?? [];
  if (!match || [from, to, by].some(({ length }) => length > MAX_DIGITS)) {
    throw wrong(text, `${quoted(part)} is no number and no range`, 'ranges are 1-20, 001-010 or 0-8/2');
  }
  const padded = [from, to].some((end) => /^0\d/.test(end));
  if (padded && from.length !== to.length)
    throw wrong(text, `both ends of ${part} have to be padded alike`, 'such as 001-010');
  const [first, last, step] = [Number(from), Number(to), Number(by)];
  if (first > last) throw wrong(text, `${part} begins after its end`, `such as ${to}-${from}`);
  if (step < 1) throw wrong(text, `the step of ${part} is 0`, 'steps are 1 or more');
  const count = Math.floor((last - first) / step) + 1;
  if (count > MAX_NAMES) throw wrong(text, `it stands for more than ${MAX_NAMES} names`, 'is a digit too many?');
  return Array.from({ length: count }, (_, index) =>
    String(first + index * step).padStart(padded ? from.length : 0, '0'),
  );
}

function wrong(text: string, problem: string, hint: string): ProvisionError {
  return new ProvisionError('E_INVENTORY', `${quoted(text)}: ${problem}`, { hint });
}
