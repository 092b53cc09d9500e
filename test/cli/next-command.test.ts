import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { nextCommand } from '../../src/cli/next-command.ts';
import type { Flags } from '../../src/cli/program.ts';

const next = (command: string, args: readonly string[], flags: Flags = {}): string =>
  nextCommand(command, { args, flags, stopping: new AbortController().signal });

describe('the command to go on with', () => {
  it.each<[string, string[], Flags, string]>([
    ['apply', ['debug-panic', 'vm1'], {}, 'provision apply debug-panic vm1'],
    ['apply', ['debug-panic'], { dryRun: true, json: true, quiet: true }, 'provision apply debug-panic'],
    [
      'apply',
      ['./my profile.yaml'],
      { inventory: 'a b.yaml', limit: 'web:!vm3', user: 'ops' },
      "provision apply './my profile.yaml' -i 'a b.yaml' -l 'web:!vm3' -u ops",
    ],
    [
      'apply',
      ['p'],
      { set: ['hung_task.timeout=120s', 'panic.on=[oops, warn]'], skip: ['kdump', 'trace'] },
      "provision apply p --set hung_task.timeout=120s --set 'panic.on=[oops, warn]' --skip kdump --skip trace",
    ],
    [
      'apply',
      ['p', 'vm1'],
      { become: true, askBecomePass: true, askPass: true, adopt: true, yes: true, privateKey: 'k', sshConfig: 'c', jump: 'ops@b,c', transport: 'openssh' }, // prettier-ignore
      'provision apply p vm1 --private-key k -J ops@b,c --transport openssh -F c -b -K -k --adopt --yes',
    ],
    ['rollback', ['vm1'], { purge: true }, 'provision rollback vm1 --purge'],
  ])('%s %j %j', (command, args, flags, expected) => {
    expect(next(command, args, flags)).toBe(expected);
  });

  it('means to a shell what the person said', () => {
    const nasty = ["it's", '$(reboot)', '', '*', 'a\nb', '~root', '`x`'];
    const line = next('apply', nasty).replace(/^provision apply/, String.raw`printf '%s\0'`);
    expect(execFileSync('dash', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(nasty);
  });
});
