import { ProvisionError } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';

/** How a set is combined with what stands before it: added, kept to, taken out, or either of both. */
export type Operator = ',' | '&' | '!' | '^';

export interface Operand {
  readonly operator: Operator;
  /** A name, glob, `~regex`, `@group`, slice or node set. */
  readonly term: string;
}

/**
 * One pattern. In Ansible's notation the order does not matter: what is in, then what must be in (`&`), then what is out
 * (`!`). A node set of ClusterShell has its operators between names and is worked out from left to right.
 */
export interface Pattern {
  readonly notation: 'ansible' | 'nodes';
  readonly operands: readonly Operand[];
}

/**
 * Takes a pattern apart at `,` and `:` (Ansible) and at `!`, `&` and `^` between names (ClusterShell).
 * @param isName tells names that hold one of these signs, IPv6 addresses for instance
 * @throws ProvisionError E_INVENTORY for a bracket that is not closed, an operator without a name, both notations in one
 */
export function parsePattern(text: string, isName: (word: string) => boolean): Pattern {
  const operands: Operand[] = [];
  let [infix, ansible] = [false, false];
  for (const piece of splitTop(text, ',').map((part) => part.trim())) {
    if (piece === '') continue;
    const parts = isName(piece.replace(/^[!&]/, '')) ? [piece] : splitTop(piece, ':');
    ansible ||= parts.length > 1;
    for (const part of parts.map((each) => each.trim()).filter((each) => each !== '')) {
      const prefix = /^[!&]/.exec(part)?.[0] as Operator | undefined;
      ansible ||= prefix !== undefined;
      const [first = '', ...more] = splitOperators(prefix === undefined ? part : part.slice(1));
      infix ||= more.length > 0;
      operands.push({ operator: prefix ?? ',', term: first.trim() });
      for (const each of more) operands.push({ operator: each[0] as Operator, term: each.slice(1).trim() });
    }
  }
  const bare = operands.find(({ term }) => term === '');
  if (bare) throw wrong(text, `a name is missing beside ${bare.operator}`, 'write a name before and after it');
  if (infix && ansible) {
    const hint = 'write a,b,!c,&d as Ansible does, or a,b!c&d as node sets do, which goes from left to right';
    throw wrong(text, 'it mixes the notations of Ansible and of node sets', hint);
  }
  return { notation: infix ? 'nodes' : 'ansible', operands };
}

/** Cuts at a sign outside of brackets, and outside of all that belongs to a regular expression. */
function splitTop(text: string, sign: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  for (const { at, character } of outside(text, sign)) {
    if (character !== sign) continue;
    parts.push(text.slice(begin, at));
    begin = at + 1;
  }
  return [...parts, text.slice(begin)];
}

/** Cuts before each operator of node sets. A regular expression keeps them all. */
function splitOperators(text: string): string[] {
  if (text.startsWith('~')) return [text];
  const cuts = [...outside(text, '')].filter(({ character }) => /[!&^]/.test(character)).map(({ at }) => at);
  return [0, ...cuts].map((cut, index, all) => text.slice(cut, all[index + 1]));
}

/** The characters of a text that no bracket holds. */
function* outside(text: string, separator: string): Generator<{ at: number; character: string }> {
  let depth = 0;
  let regex = false;
  let inClass = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const begins = depth === 0 && (at === 0 || /[,:!&\s]/.test(text[at - 1] ?? ''));
    if (begins && character === '~') regex = true;
    if (regex && character === '\\') at += 1;
    else if (regex && inClass) inClass = character !== ']';
    else if (regex && character === '[') inClass = true;
    else if (character === '[' || (regex && /[({]/.test(character))) depth += 1;
    else if (character === ']' || (regex && /[)}]/.test(character))) depth = Math.max(0, depth - 1);
    else if (depth === 0) {
      if (regex && (character === separator || character === ',')) regex = false;
      yield { at, character };
    }
  }
  if (depth > 0 || inClass)
    throw wrong(text, 'a bracket is not closed', 'close it, or put the pattern in quotes of the shell');
}

function wrong(text: string, problem: string, hint: string): ProvisionError {
  return new ProvisionError('E_INVENTORY', `${quoted(text)}: ${problem}`, { hint });
}
