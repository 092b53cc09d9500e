import { describe, expect, it } from 'vitest';

import { placeOf } from '../../../src/cli/completion/place.ts';
import { ALL_COMMANDS } from '../../../src/cli/program.ts';

const commands = ALL_COMMANDS.filter(({ hidden }) => hidden !== true);
/** What is looked for at the end of a line; words are shown up to the third. */
function wantedAt(line: string): string {
  const { wanted, before, begun } = placeOf(line.split(' ').slice(1), commands);
  const kinds = wanted.map((each) =>
    each.kind === 'words'
      ? each.words
          .slice(0, 3)
          .map(({ word }) => word)
          .join('|')
      : each.kind,
  );
  return [kinds.join(' '), before, begun].join(' / ');
}

describe('what can stand at the end of', () => {
  it.each([
    ['provision ', 'init|profiles|inventory /  / '],
    ['provision ap', 'init|profiles|inventory /  / ap'],
    ['provision nonsense ', ' /  / '],
    ['provision apply ', 'profile file /  / '],
    ['provision apply debug-panic vm', 'guest /  / vm'],
    ['provision apply debug-panic vm1 web', 'guest /  / web'],
    ['provision apply debug-panic web:!web', 'guest / web:! / web'],
    ['provision profiles ', 'list|show|lint /  / '],
    ['provision profiles show kd', 'profile file /  / kd'],
    ['provision verify --yes debug-panic vm', 'guest /  / vm'],
    ['provision verify --user root debug-panic vm', 'guest /  / vm'],
    ['provision verify -u root debug-panic vm', 'guest /  / vm'],
    ['provision verify --user=root debug-panic vm', 'guest /  / vm'],
    ['provision verify --user ', ' /  / '],
    ['provision apply -i ', 'file /  / '],
    ['provision apply --inventory=ho', 'file / --inventory= / ho'],
    ['provision apply --skip kdump,tr', 'section / kdump, / tr'],
    ['provision apply --skip=kdump,tr', 'section / --skip=kdump, / tr'],
    ['provision apply --set hung', 'setting /  / hung'],
    ['provision apply -l web', 'guest /  / web'],
    ['provision apply --transport ', 'ssh|openssh /  / '],
    ['provision apply --transport=o', 'ssh|openssh / --transport= / o'],
    ['provision export x --format ', 'cloud-init|ansible|sh /  / '],
    ['provision export x --for deb', 'system /  / deb'],
    ['provision runs show 2026', 'run /  / 2026'],
    ['provision runs ', 'list|show|resume /  / '],
    ['provision completion ', 'bash|zsh|fish /  / '],
    ['provision disarm ', 'guest /  / '],
    ['provision init ', ' /  / '],
  ])('%j', (line, expected) => {
    expect(wantedAt(line)).toBe(expected);
  });

  it('a command of its flags, all of them', () => {
    const { wanted } = placeOf(['verify', '--'], commands);
    const words = wanted.flatMap((each) => (each.kind === 'words' ? each.words : [])).map(({ word }) => word);
    expect(words).toEqual(expect.arrayContaining(['--set', '--skip', '--limit', '-l', '--json', '--help']));
    expect(words).not.toContain('--canary');
  });

  it('a line that names inventories', () => {
    const { inventories } = placeOf(['verify', '-i', 'a', '--inventory=b', '--inventory', 'c', 'x', ''], commands);
    expect(inventories).toEqual(['a', 'b', 'c']);
  });
});

it('every flag that takes a value, and has a known kind of it, is a flag of some command', () => {
  const flags = new Set(
    commands.flatMap(({ flags = [] }) => flags.flatMap(([names]) => names.match(/--[\w-]+/g) ?? [])),
  );
  for (const name of ['--skip', '--set', '--for', '--format', '--order', '--plan', '--html', '--junit', '--vmlinux'])
    expect(flags).toContain(name);
});
