import { ProvisionError } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import { didYouMean } from '../yaml/suggest.ts';

/** Names that a pattern chooses from, in order. */
interface Universe {
  readonly names: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/**
 * Names that a list of patterns selects: `vm1`, `desktops`, `all`, `vm*`, `a:b` or `a,b` (either), `&a` (only those in a),
 * `!a` (not those in a). As in Ansible, the order does not matter: what is in, then what must be in, then what is out.
 * @throws ProvisionError E_INVENTORY for a name that is neither guest nor group, and for a glob that selects nothing
 */
export function matchPatterns(patterns: readonly string[], universe: Universe): string[] {
  const terms = patterns
    .flatMap((pattern) => pattern.split(/[,:]/))
    .map((term) => term.trim())
    .filter((term) => term !== '');
  const wanted = terms.filter((term) => !/^[!&]/.test(term));
  const of = (term: string): ReadonlySet<string> => new Set(matchTerm(term, universe));
  // Only exclusions: from everything.
  const included = wanted.length > 0 ? wanted.map(of) : [new Set(universe.names)];
  const required = terms.filter((term) => term.startsWith('&')).map((term) => of(term.slice(1)));
  const excluded = terms.filter((term) => term.startsWith('!')).map((term) => of(term.slice(1)));
  return universe.names.filter(
    (name) =>
      included.some((set) => set.has(name)) &&
      required.every((set) => set.has(name)) &&
      !excluded.some((set) => set.has(name)),
  );
}

function matchTerm(term: string, { names, groups }: Universe): readonly string[] {
  if (term === 'all') return names;
  if (names.includes(term)) return [term];
  const group = Object.hasOwn(groups, term) ? groups[term] : undefined;
  if (group) return group;
  const known = [...names, ...Object.keys(groups)];
  if (/[*?[]/.test(term)) {
    const glob = globExpression(term);
    const found = [
      ...names.filter((name) => glob.test(name)),
      ...Object.entries(groups).flatMap(([name, members]) => (glob.test(name) ? members : [])),
    ];
    if (found.length > 0) return found;
    throw unknownName(`no guest or group matches ${quoted(term)}`, known);
  }
  throw unknownName(`there is no guest or group ${quoted(term)}${didYouMean(term, known)}`, known);
}

function unknownName(message: string, known: readonly string[]): ProvisionError {
  const listed = known.slice(0, 8).join(', ') + (known.length > 8 ? `, and ${known.length - 8} more` : '');
  const hint =
    known.length === 0
      ? 'there is no inventory: give guests as user@host'
      : `known are ${listed}; others are given as user@host`;
  return new ProvisionError('E_INVENTORY', message, { hint });
}

/** `*`, `?` and `[abc]` as shells have them. */
function globExpression(glob: string): RegExp {
  const body = glob.replaceAll(/\[!?[^\]]+\]|[*?]|[^*?[]+|\[/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (/^\[.+\]$/s.test(part))
      return `[${part
        .slice(1, -1)
        .replace(/^!/, '^')
        .replaceAll(/[\\\]]/g, String.raw`\$&`)}]`;
    return part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  try {
    return new RegExp(`^${body}$`, 'su');
  } catch {
    // A range that runs backwards: taken for what it says, letter by letter.
    return new RegExp(`^${glob.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)}$`);
  }
}
