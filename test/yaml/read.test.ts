import { describe, expect, it } from 'vitest';
import { Places, quoted } from '../../src/yaml/place.ts';
import { readYaml } from '../../src/yaml/read.ts';
import { closest, didYouMean, suggest } from '../../src/yaml/suggest.ts';
import { plain } from '../../src/yaml/tree.ts';

const values = (text: string): unknown => plain(readYaml(text, 'x.yaml', 'E_PROFILE').root);

describe('reading', () => {
  it('keeps big numbers, and the names of keys as they are written', () => {
    expect(values('a: 18446744073709551615\n007: x\nnull: y\ntrue: z\n0x10: 0x10\nb: 0o17\nc: yes')).toEqual({
      a: '18446744073709551615',
      '007': 'x',
      null: 'y',
      true: 'z',
      '0x10': 16,
      b: 15,
      c: 'yes',
    });
  });

  it('follows aliases', () => {
    expect(values('a: &x { b: [1] }\nc: *x\nd: [*x, *x]')).toEqual({
      a: { b: [1] },
      c: { b: [1] },
      d: [{ b: [1] }, { b: [1] }],
    });
  });

  it('takes CRLF, a byte order mark and a document start', () => {
    expect(values('\ufeff---\r\na: 1\r\nb:\r\n  c: 2\r\n')).toEqual({ a: 1, b: { c: 2 } });
  });

  it('in Ansible’s dialect reads YAML 1.1, merges, tags of its own and empty files', () => {
    const read = (text: string): unknown => plain(readYaml(text, 'x.yaml', 'E_INVENTORY', 'ansible').root);
    expect(
      read('a: yes\nb: 0644\nc: &c { x: 1, y: 2 }\nd: { y: 3, <<: *c }\ne: 2020-01-01\nf: !unsafe "{{ x }}"'),
    ).toEqual({
      a: true,
      b: 420,
      c: { x: 1, y: 2 },
      d: { y: 3, x: 1 },
      e: '2020-01-01',
      f: '{{ x }}',
    });
    expect(read('')).toEqual({});
    expect(read('---\n# nothing\n')).toEqual({});
    const sealed = readYaml('a: !vault |\n  $ANSIBLE_VAULT;1.1\n', 'x.yaml', 'E_INVENTORY', 'ansible').root;
    expect(sealed.entries.get('a')?.value).toMatchObject({ tag: '!vault' });
  });

  it('gets through a megabyte', () => {
    const many = Array.from({ length: 40_000 }, (_, index) => `key${index}: [${index}]`).join('\n');
    expect(Object.keys(values(many) as object).length).toBe(40_000);
  });
});

describe('places', () => {
  const places = new Places('x', 'one\ntwo\r\n\nfour');
  it.each([
    [0, 1, 1],
    [3, 1, 4],
    [4, 2, 1],
    [9, 3, 1],
    [10, 4, 1],
    [14, 4, 5],
    [99, 4, 5],
  ])('offset %i is %i:%i', (offset, line, col) => {
    expect(places.place(offset)).toMatchObject({ line, col });
  });

  it('cuts long lines round the caret', () => {
    const long = new Places('x', `${'a'.repeat(300)}!${'b'.repeat(300)}`);
    const [shown = '', caret = ''] = (long.place(300) as { excerpt: string }).excerpt.split('\n');
    expect(shown.length).toBeLessThanOrEqual(100);
    expect(shown[caret.indexOf('^')]).toBe('!');
  });

  it('quotes what a person can read', () => {
    expect(quoted('a\u001b[2Jb\n')).toBe('"a\ufffd[2Jb\ufffd"');
    expect(quoted('x'.repeat(200)).length).toBeLessThan(50);
  });
});

describe('suggestions', () => {
  it.each([
    ['timeot', 'timeout'],
    ['hung-task', 'hung_task'],
    ['KDUMP', 'kdump'],
    ['crsah', 'crash'],
    ['zzz', undefined],
    ['x', undefined],
  ])('%s is %s', (word, expected) => {
    expect(closest(word, ['timeout', 'hung_task', 'kdump', 'crash', 'y'])).toBe(expected);
  });

  it('a word that was cut short is one only if nothing is nearer', () => {
    expect(suggest('crash', ['crashes'])).toBe('crashes');
    expect(didYouMean('al', ['all'])).toBe('; did you mean all?');
    expect(didYouMean('q', ['all'])).toBe('');
  });
});

describe('excerpts', () => {
  it.each([
    ['vm1 ansible_password=abc host={{x}}', 'vm1 ansible_password=*** host={{x}}'],
    ['vm1 pass="a b" x=1', 'vm1 pass=***** x=1'],
    ['become_password: my secret', 'become_password: *********'],
    ['{ password: ab, host: x }', '{ password: **, host: x }'],
    ["{'token': 'a, b', host: a}", "{'token': ******, host: a}"],
    ['panic: { on: [oops] }', 'panic: { on: [oops] }'],
    ['password:', 'password:'],
  ])('do not show passwords: %s', (line, shown) => {
    expect(new Places('f', line).place(0)).toMatchObject({ excerpt: `${shown}\n^` });
  });
});
