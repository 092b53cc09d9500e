import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { Places } from '../../src/yaml/place.ts';
import { readWhole } from '../../src/yaml/read.ts';
import { readSimple } from '../../src/yaml/simple.ts';
import type { YamlNode } from '../../src/yaml/tree.ts';

/** What yaml makes of it; undefined where it finds something wrong. */
function whole(text: string): YamlNode | undefined {
  try {
    const { root, problems } = readWhole(new Places('file', text), 'E_INVENTORY', 'strict');
    return problems.length === 0 ? root : undefined;
  } catch {
    return undefined;
  }
}

const INVENTORY = `# desktops
defaults: { user: root, identity_file: ~/.ssh/id_ed25519 }
groups:
  desktops: { guests: [vm1, vm2], vars: { hung_task.timeout: 120s } }

guests:
  vm1:
    host: 192.0.2.11
    port: 22
    become: true
    # its own
    vars: { kdump.crashkernel: 320M }
  vm2: { host: vm2.example.net, jump: "ops@bastion:2222" }
  vm3:
`;

describe('readSimple', () => {
  it.each([
    INVENTORY,
    'a: 1',
    'a:\n',
    'a:\n  b:\n  c: x\n',
    'a:\n  b: 1\n\n# end\nc: 2\n# last\n',
    'a:\n\n  # b\n  b: 1\n',
    'a:\n    b:\n        c: yes\n    d: No\n',
    'a: Turn a silent hang of a guest into 1 dump\n',
    'a: \'it is\'\nb: ""\n',
    'a: [ ]\nb: {}\nc: [x, [1, {d: e}], -4]\n',
    'a:   spaced   \n',
  ])('reads %j as yaml does', (text) => {
    const read = readSimple(text);
    expect(read).not.toBeNull();
    expect(read).toEqual(whole(text));
  });

  it.each([
    '',
    '# nothing\n',
    ' a: 1\n',
    'a: 1\n  b: 2\n',
    'a:\n  b: 1\n c: 2\n',
    'a: 1\na: 2\n',
    '__proto__: 1\n',
    'a: {b: 1, b: 2}\n',
    'a:\n  b:\n\nc: 2\n',
    'a:\n# last\n',
    'a: a\n    # x\n',
    'a:\n  b: 1\n   # x\nc: 2\n',
    'a: null\n',
    'a: True\n',
    'a: 007\n',
    'a: 0x10\n',
    'a: 1e3\n',
    'a: 1.5\n',
    'a: .inf\n',
    'a: ~\n',
    'a: b: c\n',
    'a: b # c\n',
    'a: "b\\n"\n',
    "a: 'it''s'\n",
    'a: &b c\n',
    'a: *b\n',
    'a: !b c\n',
    'a: |\n  b\n',
    'a: >\n  b\n',
    'a: @b\n',
    'a: [b\n',
    'a: [b,]\n',
    'a: {b}\n',
    'a: {b:1}\n',
    'a: [b] c\n',
    'a: b\n  c\n',
    'a:\tb\n',
    'a: b\r\n',
    '- a\n',
    'a:\n- b\n',
    'a:\n  - b\n',
    '? a\n: b\n',
    '"a": b\n',
    '<<: b\n',
    '---\na: b\n',
    'a: b\n---\n',
    '%YAML 1.2\n---\na: b\n',
    'a: b\n...\n',
    'a:b\n',
  ])('leaves %j to yaml', (text) => {
    expect(readSimple(text)).toBeNull();
  });

  it('reads nothing otherwise than yaml, whatever it is given', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        'c:',
        'd: ',
        'e:\n',
        ': ',
        ' ',
        '  ',
        '\n',
        '\n  ',
        '\n    ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '- ',
        '# x',
      ],
      ...[
        '1',
        '0',
        '-2',
        '1.5',
        '1e3',
        '60s',
        '0x1',
        '192.0.2.1',
        'true',
        'null',
        'yes',
        '~',
        '~/k',
        '/x',
        '.x',
        '"q"',
      ],
      ...[
        "'s'",
        '"',
        "'",
        '@',
        '%',
        '&a',
        '*a',
        '!t',
        '|',
        '>',
        '?',
        '<<',
        '---',
        '...',
        '\t',
        '\r\n',
        'ü',
        '__proto__',
      ],
    );
    const usual = fc.constantFrom(
      '',
      ' b',
      ' 1',
      ' 60s',
      ' x y',
      ' {a: b}',
      ' { c: [1, "q"] }',
      ' [b, {a: 1}]',
      ' []',
      ' true',
    );
    const odd = fc.array(piece, { maxLength: 6 }).map((pieces) => ` ${pieces.join('')}`);
    const key = fc.constantFrom('a', 'b', 'c', 'd-1', 'e.f', 'g', 'h', 'null');
    const line = fc
      .tuple(fc.constantFrom(0, 0, 2, 2, 4, 1), key, fc.oneof(usual, usual, usual, odd))
      .map(([indent, name, rest]) => `${' '.repeat(indent)}${name}:${rest}\n`);
    const between = fc.constantFrom('\n', '  \n', '# x\n', '  # x\n', '    # x\n');
    const text = fc.oneof(
      fc.array(fc.oneof(line, line, line, between), { maxLength: 8 }).map((lines) => lines.join('')),
      fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
    );
    let read = 0;
    fc.assert(
      fc.property(text, (given) => {
        const simple = readSimple(given);
        if (simple === null) return;
        read += 1;
        expect(simple).toEqual(whole(given));
      }),
      { numRuns: 50_000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('reads inventories that are indented and nested as people do', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/);
    const value = fc.oneof(
      fc.ipV4(),
      fc.integer({ min: -9, max: 65535 }).map(String),
      name,
      fc.constantFrom('true', '~/.ssh/id', '5m', '"a b"'),
    );
    const flow = fc.dictionary(name, value, { maxKeys: 3 }).map(
      (each) =>
        `{ ${Object.entries(each)
          .map((pair) => pair.join(': '))
          .join(', ')} }`,
    );
    const guest = fc.oneof(
      flow.map((text) => ` ${text}\n`),
      fc.constant('\n'),
      fc.dictionary(name, fc.oneof(value, flow), { minKeys: 1, maxKeys: 4 }).map(
        (each) =>
          `\n${Object.entries(each)
            .map(([key, text]) => `    ${key}: ${text}\n`)
            .join('')}`,
      ),
    );
    const inventory = fc.dictionary(name, guest, { minKeys: 1, maxKeys: 6 }).map(
      (guests) =>
        `guests:\n${Object.entries(guests)
          .map(([key, text]) => `  ${key}:${text}`)
          .join('')}`,
    );
    fc.assert(
      fc.property(inventory, (text) => {
        const simple = readSimple(text);
        if (simple !== null) expect(simple).toEqual(whole(text));
        // Names such as `null` are yaml's business.
        else expect(text).toMatch(/\b(?:null|true|false)\b|\b0\d/);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the shipped profiles as yaml does, where it reads them', () => {
    const folder = join(import.meta.dirname, '../../profiles');
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8');
      const simple = readSimple(text);
      if (simple !== null) expect(simple).toEqual(whole(text));
    }
  });
});
