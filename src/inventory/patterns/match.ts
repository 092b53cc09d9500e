import { ProvisionError } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';
import { didYouMean } from '../../yaml/suggest.ts';
import { globExpression } from './glob.ts';
import { expandNodes, hasNodeSet } from './nodes.ts';
import { sliceOf } from './slice.ts';
import { parsePattern, type Operator } from './syntax.ts';
import type { Universe } from './universe.ts';

type Names = readonly string[];

/**
 * Names that a list of patterns selects, in the order of the universe. Ansible's patterns and ClusterShell's node sets:
 * `vm1`, `desktops`, `all`, `vm*`, `~vm\d+`, `desktops[0]`, `desktops[1:3]`, `@desktops`, `@file`, `vm[1-20]`; `a,b` or `a:b` (either),
 * `&a` (only those in a), `!a` (not those in a), `a!b`, `a&b`, `a^b`.
 * @throws ProvisionError E_INVENTORY for a pattern that cannot be read, or a part of it that nothing is called
 */
export function matchPatterns(patterns: readonly string[], universe: Universe): string[] {
  const matcher = new Matcher(universe);
  const chosen = matcher.match(patterns);
  return universe.names.filter((name) => chosen.has(name));
}

class Matcher {
  readonly #universe: Universe;
  readonly #names: ReadonlySet<string>;

  constructor(universe: Universe) {
    this.#universe = universe;
    this.#names = new Set(universe.names);
  }

  match(patterns: readonly string[]): ReadonlySet<string> {
    const included: Names[] = [];
    const required: ReadonlySet<string>[] = [];
    const excluded: ReadonlySet<string>[] = [];
    for (const text of patterns) {
      const { notation, operands } = parsePattern(text, (word) => this.#exact(word) !== undefined);
      if (notation === 'nodes') {
        included.push([...this.#leftToRight(operands)]);
        continue;
      }
      for (const { operator, term } of operands) {
        if (operator === '&') required.push(new Set(this.#term(term, true)));
        else if (operator === '!') excluded.push(new Set(this.#term(term)));
        else included.push(this.#term(term));
      }
    }
    // Only exclusions: from everything.
    const all = included.length > 0 ? included.flat() : this.#universe.names;
    return new Set(
      all.filter((name) => required.every((set) => set.has(name)) && !excluded.some((set) => set.has(name))),
    );
  }

  #leftToRight(operands: readonly { readonly operator: Operator; readonly term: string }[]): Set<string> {
    return operands.reduce((left, { operator, term }) => {
      const right = new Set(this.#term(term, operator === '&'));
      if (operator === '&') return new Set([...left].filter((name) => right.has(name)));
      const rest = [...left].filter((name) => !right.has(name));
      if (operator === '!') return new Set(rest);
      return new Set(
        operator === '^' ? [...rest, ...[...right].filter((name) => !left.has(name))] : [...left, ...right],
      );
    }, new Set<string>());
  }

  /** @param some a node set may name guests that there are not, as long as it names one: it can only narrow */
  #term(term: string, some = false): Names {
    const exact = this.#exact(term);
    if (exact) return exact;
    if (term.startsWith('~')) return this.#tested(term, regularExpression(term));
    this.#refuseGroupAndNumber(term);
    const slice = sliceOf(term, (base) => this.#sliceable(base));
    if (slice) return slice;
    if (term.startsWith('@')) return this.#at(term);
    if (/[*?]/.test(term)) {
      // A shell would take [12] for 1 or 2, ClusterShell for 12.
      if (/\[\d{2,}\]/.test(term)) throw ambiguous(term);
      return this.#tested(term, globExpression(term));
    }
    if (hasNodeSet(term)) return this.#nodes(term, some);
    if (term.includes('[')) return this.#tested(term, globExpression(term));
    throw this.#unknown(`there is no guest or group ${quoted(term)}${didYouMean(term, this.#known())}`);
  }

  #exact(term: string): Names | undefined {
    if (term === 'all' || term === '*') return this.#universe.names;
    if (this.#names.has(term)) return [term];
    return Object.hasOwn(this.#universe.groups, term) ? this.#universe.groups[term] : undefined;
  }

  /** `vm[5]` with a group vm and a guest vm5. */
  #refuseGroupAndNumber(term: string): void {
    const [, base = '', index = ''] = /^(.+)\[(\d+)\]$/.exec(term) ?? [];
    if (!Object.hasOwn(this.#universe.groups, base) || !this.#names.has(base + index)) return;
    const hint = `write ${base}${index} for the guest, ${base}[${index}:${index}] for one of the group`;
    const message = `${quoted(term)} could be the guest ${base}${index} or one of the group ${base}`;
    throw new ProvisionError('E_INVENTORY', message, { hint });
  }

  /** What a slice is taken of: a group, or all that a wildcard matches. */
  #sliceable(base: string): Names | undefined {
    const group = base.replace(/^@/, '');
    if (/[*?]|\[!/.test(base) && group !== '*') return this.#tested(base, globExpression(base));
    return this.#names.has(group) ? undefined : this.#exact(group);
  }

  #tested(term: string, expression: RegExp): Names {
    const { names, groups } = this.#universe;
    const found = [
      ...Object.entries(groups).flatMap(([name, members]) => (expression.test(name) ? members : [])),
      ...names.filter((name) => expression.test(name)),
    ];
    if (found.length > 0) return [...new Set(found)];
    throw this.#unknown(`no guest or group matches ${quoted(term)}`);
  }

  #nodes(term: string, some: boolean): Names {
    const names = expandNodes(term);
    const missing = names.filter((name) => this.#exact(name) === undefined);
    if (missing.length === 0 || (some && missing.length < names.length))
      return names.flatMap((name) => this.#exact(name) ?? []);
    const listed = missing.slice(0, 5).join(', ') + (missing.length > 5 ? `, and ${missing.length - 5} more` : '');
    const near = missing.length === 1 ? didYouMean(missing[0] ?? '', this.#known()) : '';
    throw this.#unknown(
      `${quoted(term)} names ${listed}, and there ${missing.length === 1 ? 'is no such guest' : 'are no such guests'}${near}`,
    );
  }

  /** `@group`, or a file with a pattern on each line. */
  #at(term: string): Names {
    const { groups, fileText } = this.#universe;
    const name = term.slice(1);
    const group = Object.hasOwn(groups, name)
      ? groups[name]
      : name === 'all' || name === '*'
        ? this.#universe.names
        : undefined;
    const text = fileText?.(name);
    if (group && text !== undefined) {
      const hint = `write @./${name} for the file, ${name} for the group`;
      throw new ProvisionError('E_INVENTORY', `${quoted(term)} is a group and a file`, { hint });
    }
    if (group) return group;
    if (text !== undefined) return this.#lines(text, name);
    const near = didYouMean(name, Object.keys(groups));
    throw this.#unknown(`there is no group and no file ${quoted(name)}${near}`);
  }

  #lines(text: string, file: string): Names {
    const lines = text.split('\n').map((line) => line.trim());
    const patterns = lines.map((line) => (line.startsWith('#') ? '' : line));
    const first = patterns.findIndex(
      (line) => line.startsWith('@') && !Object.hasOwn(this.#universe.groups, line.slice(1)),
    );
    const where = (index: number): { file: string; line: number } => ({ file, line: index + 1 });
    if (first >= 0) {
      throw new ProvisionError('E_INVENTORY', 'a file of patterns cannot name another', { where: where(first) });
    }
    if (patterns.every((line) => line === '')) {
      const details = { hint: 'it takes a guest, a group or a pattern on each line', where: { file } };
      throw new ProvisionError('E_INVENTORY', 'the file names no guest', details);
    }
    // Each line once alone: an error then has a place.
    patterns.forEach((line, index) => {
      try {
        if (line !== '') this.match([line]);
      } catch (error) {
        if (!(error instanceof ProvisionError)) throw error;
        throw new ProvisionError(error.code, error.message, { hint: error.hint, where: where(index) });
      }
    });
    return [...this.match(patterns.filter((line) => line !== ''))];
  }

  #known(): string[] {
    return [...this.#universe.names, ...Object.keys(this.#universe.groups)];
  }

  #unknown(message: string): ProvisionError {
    const known = this.#known();
    const listed = known.slice(0, 8).join(', ') + (known.length > 8 ? `, and ${known.length - 8} more` : '');
    const hint =
      known.length === 0
        ? 'there is no inventory: give guests as user@host'
        : `known are ${listed}; others are given as user@host`;
    return new ProvisionError('E_INVENTORY', message, { hint });
  }
}

/** @throws ProvisionError E_INVENTORY */
function regularExpression(term: string): RegExp {
  try {
    // As in Ansible it has to match from the beginning, and need not reach the end.
    return new RegExp(`^(?:${term.slice(1)})`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^.*: /, '') : '';
    const hint = 'after ~ comes a regular expression of JavaScript';
    throw new ProvisionError('E_INVENTORY', `${quoted(term)} cannot be read: ${reason.toLowerCase()}`, { hint, cause });
  }
}

function ambiguous(term: string): ProvisionError {
  const hint = 'write [1,2] for several numbers, or the number without brackets';
  return new ProvisionError('E_INVENTORY', `${quoted(term)} could mean a number or its digits`, { hint });
}
