import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchPatterns } from '../../../src/inventory/patterns/match.ts';
import { foldNames } from '../../../src/report/node-set.ts';
import { errorOf } from '../../profile/support.ts';

const FILES: Readonly<Record<string, string>> = {
  'retry.txt': '# failed\nn1\n\n n3 \n',
  'bad.txt': 'n1\n\nn99\n',
  'minus.txt': 'n[1-5]\n!n2\n',
  'nested.txt': 'n1\n@retry.txt\n',
  'empty.txt': '\n# nobody\n',
  './web': 'n1',
};

const universe = {
  names: [...Array.from({ length: 20 }, (_, i) => `n${i + 1}`), 'db01', 'db02', 'vm5', '2001:db8::1', 'a.example.org'],
  groups: { web: ['n1', 'n2', 'n3', 'n4'], db: ['db01', 'db02', 'n1'], vm: ['n7', 'n8', 'n9', 'n10', 'n11', 'n12'] },
  fileText: (path: string) => FILES[path],
};

const match = (...patterns: string[]): string => matchPatterns(patterns, universe).join(' ');

describe('patterns', () => {
  it.each([
    ['n[1-3]', 'n1 n2 n3'],
    ['n[1-3]!n2', 'n1 n3'],
    ['n[1-8]!n7', 'n1 n2 n3 n4 n5 n6 n8'],
    ['n[1-3,7]&n[2-9]', 'n2 n3 n7'],
    ['n[18-20]&n[19-40]', 'n19 n20'],
    ['n[1-3]^n[2-4]', 'n1 n4'],
    // From left to right, where Ansible's order is fixed.
    ['n[1-3]!n2,n2', 'n1 n2 n3'],
    ['n1,n2!n1', 'n2'],
    ['n[1-3],!n2,n2', 'n1 n3'],
    ['web!n1', 'n2 n3 n4'],
    ['@web', 'n1 n2 n3 n4'],
    ['@db!@web', 'db01 db02'],
    ['@db,n20', 'n1 n20 db01 db02'],
    ['db[01-02]', 'db01 db02'],
    ['@retry.txt', 'n1 n3'],
    ['!@retry.txt:&web', 'n2 n4'],
    ['@minus.txt', 'n1 n3 n4 n5'],
    ['@./web', 'n1'],
    ['web[0]', 'n1'],
    ['web[-1]', 'n4'],
    ['web[-4]', 'n1'],
    ['web[1:2]', 'n2 n3'],
    ['web[2:]', 'n3 n4'],
    ['web[0:0]', 'n1'],
    ['web[0:99]', 'n1 n2 n3 n4'],
    ['@web[0]', 'n1'],
    ['all[0]', 'n1'],
    ['n1*[1]', 'n10'],
    ['vm[0:1]', 'n7 n8'],
    ['vm[2]', 'n9'],
    ['~n1\\d$', 'n10 n11 n12 n13 n14 n15 n16 n17 n18 n19'],
    ['~n(1|2)$', 'n1 n2'],
    ['~n[12]{2}$', 'n11 n12'],
    ['~(?:db|a\\.)', 'n1 db01 db02 a.example.org'],
    ['~n1$:~n2$', 'n1 n2'],
    ['~n1$,!~n2', 'n1'],
    ['n[1-5]*', 'n1 n2 n3 n4 n5 n10 n11 n12 n13 n14 n15 n16 n17 n18 n19 n20'],
    ['n[!2-9]', 'n1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1,n1', 'n1 2001:db8::1'],
    ['all,!2001:db8::1,!n*,!db*', 'vm5 a.example.org'],
    ['n1 , n2', 'n1 n2'],
    ['*', universe.names.join(' ')],
  ])('%s selects %s', (pattern, names) => {
    expect(match(pattern)).toBe(names);
  });

  it.each([
    ['n[19-22]', /"n\[19-22\]" names n21, n22, and there are no such guests/],
    ['n[1-3]!n99', /no guest or group "n99"; did you mean n9\?/],
    ['web!db[1-2]', /names db1, db2, and there are no such guests/],
    ['n1&n[30-40]', /no such guests/],
    ['wbe[0]', /no guest or group|names wbe0/],
    ['wbe[0:2]', /is a slice, and "wbe" is no group/],
    ['n1[0:2]', /is a slice, and "n1" is no group/],
    ['web[4]', /"web\[4\]" is empty: "web" has 4/],
    ['web[-5]', /is empty/],
    ['web[3:1]', /is empty/],
    ['vm[5]', /could be the guest vm5 or one of the group vm/],
    ['n[12]*', /could mean a number or its digits/],
    ['n[12', /a bracket is not closed/],
    ['~n(1', /a bracket is not closed/],
    ['~n1)', /cannot be read: unmatched/],
    ['~zzz', /no guest or group matches/],
    ['n1!', /a name is missing beside !/],
    ['n1&&n2', /a name is missing beside &/],
    ['!', /a name is missing beside !/],
    ['web:!n[1-3]!n2', /mixes the notations/],
    ['web:n1!n2', /mixes the notations/],
    ['@nobody', /no group and no file "nobody"/],
    ['@wbe', /did you mean web\?/],
    ['@nested.txt', /a file of patterns cannot name another/],
    ['@empty.txt', /the file names no guest/],
    ['@bad.txt', /no guest or group "n99"/],
  ])('%s is refused', (pattern, says) => {
    const error = errorOf(() => match(pattern));
    expect(error).toMatchObject({ code: 'E_INVENTORY', message: expect.stringMatching(says) as string });
  });

  it('an error in a file of patterns has its line', () => {
    expect(errorOf(() => match('@bad.txt')).where).toEqual({ file: 'bad.txt', line: 3 });
  });

  it('a word that is a group and a file is neither', () => {
    const both = { ...universe, fileText: (path: string) => (path === 'web' ? 'n1' : undefined) };
    expect(errorOf(() => matchPatterns(['@web'], both)).message).toContain('is a group and a file');
  });
});

/** A set of names, and texts that mean it. */
interface Set_ {
  readonly text: string;
  readonly names: ReadonlySet<string>;
}

const names = Array.from({ length: 24 }, (_, i) => (i < 12 ? `n${i + 1}` : `db${String(i - 11).padStart(2, '0')}`));
const groups = { web: names.slice(0, 5), mid: names.slice(3, 15), odd: names.filter((_, i) => i % 2 === 1) };

const some = fc.subarray(names, { minLength: 1 });
const atom: fc.Arbitrary<Set_> = fc.oneof(
  fc.constantFrom(...names).map((name) => ({ text: name, names: new Set([name]) })),
  fc.constantFrom('web', 'mid', 'odd').map((name) => ({ text: name, names: new Set(groups[name as 'web']) })),
  fc.constantFrom('n', 'db', 'n1', 'db0').map((prefix) => ({
    text: `${prefix}*`,
    names: new Set(names.filter((name) => name.startsWith(prefix))),
  })),
  fc.tuple(fc.constantFrom('web', 'mid', 'odd'), fc.nat(4), fc.nat(4)).map(([group, from, more]) => ({
    text: `${group}[${from}:${from + more}]`,
    names: new Set(groups[group as 'web'].slice(from, from + more + 1)),
  })),
  some.map((part) => ({ text: `~(?:${part.join('|')})$`, names: new Set(part) })),
  // Folding lists a few names; one bracket holds several.
  some.map((part) => {
    const numbers = part.filter((name) => name.startsWith('n')).map((name) => name.slice(1));
    return numbers.length === 0
      ? { text: 'n1', names: new Set(['n1']) }
      : { text: `n[${numbers.join()}]`, names: new Set(numbers.map((number) => `n${number}`)) };
  }),
);

const select = (patterns: readonly string[]): string[] => matchPatterns(patterns, { names, groups });

describe('patterns against sets', () => {
  it('in Ansible’s notation: what is in, then what must be in, then what is out', () => {
    const term = fc.tuple(fc.constantFrom('', '', '&', '!'), atom);
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), fc.constantFrom(',', ':'), (terms, separator) => {
        const of = (sign: string): ReadonlySet<string>[] =>
          terms.flatMap(([mark, set]) => (mark === sign ? [set.names] : []));
        const wanted = of('');
        const expected = names.filter(
          (name) =>
            (wanted.length === 0 || wanted.some((set) => set.has(name))) &&
            of('&').every((set) => set.has(name)) &&
            !of('!').some((set) => set.has(name)),
        );
        const texts = terms.map(([mark, { text }]) => mark + text);
        expect(select([texts.join(separator)])).toEqual(expected);
        expect(select(texts)).toEqual(expected);
      }),
    );
  });

  it('in the notation of node sets: from left to right', () => {
    const plain = atom.filter(({ text }) => !text.startsWith('~'));
    fc.assert(
      fc.property(
        plain,
        fc.array(fc.tuple(fc.constantFrom(',', '&', '!', '^'), plain), { minLength: 1, maxLength: 5 }),
        (first, rest) => {
          fc.pre(rest.some(([sign]) => sign !== ','));
          const expected = rest.reduce<ReadonlySet<string>>((left, [sign, { names: right }]) => {
            const both = names.filter((name) => left.has(name) && right.has(name));
            if (sign === '&') return new Set(both);
            if (sign === '!') return new Set([...left].filter((name) => !right.has(name)));
            const all = [...left, ...right];
            return new Set(sign === ',' ? all : all.filter((name) => !both.includes(name)));
          }, first.names);
          const text = first.text + rest.map(([sign, set]) => sign + set.text).join('');
          expect(select([text])).toEqual(names.filter((name) => expected.has(name)));
        },
      ),
    );
  });

  it('what folding prints can be typed', () => {
    fc.assert(
      fc.property(some, (part) => {
        expect(select(foldNames(part))).toEqual(part);
        expect(select([foldNames(part).join(',')])).toEqual(part);
      }),
    );
  });
});
