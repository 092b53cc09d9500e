import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ScriptRun } from '../../src/guest/script-run.ts';
import { Secret } from '../../src/guest/secret.ts';
import type { ScriptResult } from '../../src/guest/session.ts';
import { BecomeGate } from '../../src/guest/sudo.ts';
import { guestAt } from './support/sshd.ts';

const CANARY = 'canary-51d0';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-sudo-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/**
 * What of sudo matters here: `-n` and `-S -p`, a password read byte by byte, a second question after a wrong one. Its
 * command line and everything that it reads are written down.
 */
const SUDO = `#!/bin/sh
printf '%s\\n' "$*" >>"$LOG"
prompt= ask=
while :; do
  case $1 in
    -n) shift ;;
    -S) ask=yes; shift ;;
    -p) prompt=$2; shift 2 ;;
    --) shift; break ;;
  esac
done
[ "$MODE" = nopasswd ] && exec "$@"
[ "$MODE" = denied ] && { echo 'ops is not in the sudoers file.' >&2; exit 1; }
[ -z "$ask" ] && { echo 'sudo: a password is required' >&2; exit 1; }
for try in 1 2 3; do
  printf '%s' "$prompt" >&2
  IFS= read -r line || { echo 'sudo: no password was provided' >&2; exit 1; }
  printf 'read %s\\n' "$line" >>"$LOG"
  [ "$line" = '${CANARY}' ] && exec "$@"
  echo 'Sorry, try again.' >&2
done
exit 1
`;

interface Fake {
  readonly run: (script: string, gate: BecomeGate | undefined, name?: string) => Promise<ScriptResult>;
  readonly log: () => string[];
}

/** A guest whose sudo behaves in one way; a process of this machine carries the shell. */
function guestWith(mode: 'password' | 'nopasswd' | 'denied' | 'none'): Fake {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const log = join(bin, 'log');
  writeFileSync(log, '');
  if (mode === 'none') {
    // The machine that runs the tests may well have a sudo of its own.
    symlinkSync('/bin/sh', join(bin, 'sh'));
  } else {
    writeFileSync(join(bin, 'sudo'), SUDO);
    chmodSync(join(bin, 'sudo'), 0o755);
  }
  const env = { PATH: mode === 'none' ? bin : `${bin}:/usr/bin:/bin`, LOG: log, MODE: mode };
  return {
    log: () => readFileSync(log, 'utf8').split('\n').slice(0, -1),
    run: (script, gate, name = 'vm1') => {
      const run = new ScriptRun(guestAt(22, { name, become: true }), true, gate, script, {});
      const shell = spawn('/bin/bash', ['-c', run.commandLine], { env });
      shell.stdout.on('data', (chunk: Buffer) => {
        run.stdout(chunk);
      });
      shell.stderr.on('data', (chunk: Buffer) => {
        run.stderr(chunk);
      });
      shell.stdin.on('error', () => undefined);
      shell.on('close', (code) => {
        run.closed({ code });
      });
      run.attach({
        write: (text) => shell.stdin.write(text),
        end: (text) => shell.stdin.end(text),
        pause: () => undefined,
        resume: () => undefined,
        stop: () => {
          shell.stdin.end();
        },
      });
      return run.result;
    },
  };
}

const gateWith = (password: string): BecomeGate => new BecomeGate(Secret.of(password));
const SCRIPT = 'section a; cat; echo done';
const passwordsRead = ({ log }: Fake): string[] => log().filter((line) => line.startsWith('read '));

describe('without a password', () => {
  test('sudo -n takes the script', async () => {
    const guest = guestWith('nopasswd');
    const { sections } = await guest.run(SCRIPT, undefined);
    expect(sections.get('a')?.toString()).toBe('done\n');
    expect(guest.log()).toEqual(['-n -- sh -s']);
  });

  test.each([
    ['password', /sudo wants a password/, /-K/],
    ['denied', /may not run sh through sudo/, /sudoers/],
    ['none', /sudo is not installed/, /-u root/],
  ] as const)('%s is an error with a way on', async (mode, message, hint) => {
    await expect(guestWith(mode).run(SCRIPT, undefined)).rejects.toMatchObject({
      code: 'E_SUDO',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
      where: { guest: 'vm1' },
    });
  });
});

describe('with a password', () => {
  test('it is read once, is in no argument, and the script finds its input empty', async () => {
    const guest = guestWith('password');
    const { sections } = await guest.run(SCRIPT, gateWith(CANARY));
    expect(sections.get('a')?.toString()).toBe('done\n');
    expect(passwordsRead(guest)).toEqual([`read ${CANARY}`]);
    expect(
      guest
        .log()
        .filter((line) => line.startsWith('-'))
        .join(),
    ).not.toContain(CANARY);
  });

  test('a sudo that needs none never gets it, and neither does the script', async () => {
    const guest = guestWith('nopasswd');
    const { sections } = await guest.run(SCRIPT, gateWith(CANARY));
    expect(sections.get('a')?.toString()).toBe('done\n');
    expect(passwordsRead(guest)).toEqual([]);
  });

  test('a wrong one is tried once, and is in no error', async () => {
    const guest = guestWith('password');
    const error: unknown = await guest.run(SCRIPT, gateWith('wrong-77')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'E_SUDO', hint: expect.stringContaining('tried once') as string });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wrong-77');
    expect(passwordsRead(guest)).toEqual(['read wrong-77']);
  });

  test('a script that ends badly keeps its exit code', async () => {
    await expect(guestWith('password').run('exit 9', gateWith(CANARY))).resolves.toMatchObject({ exitCode: 9 });
    await expect(guestWith('nopasswd').run('kill -9 $$', gateWith(CANARY))).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST',
    });
  });

  test.each(['denied', 'none'] as const)('%s is told apart from a wrong password', async (mode) => {
    await expect(guestWith(mode).run(SCRIPT, gateWith(CANARY))).rejects.toMatchObject({ code: 'E_SUDO' });
  });
});

describe('over a fleet', () => {
  test('a wrong password is tried on one guest', async () => {
    const guests = Array.from({ length: 6 }, () => guestWith('password'));
    const free = guestWith('nopasswd');
    const gate = gateWith('wrong');
    const freed = free.run(SCRIPT, gate, 'free');
    const results = await Promise.allSettled(guests.map((guest, index) => guest.run(SCRIPT, gate, `vm${index}`)));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(guests.flatMap(passwordsRead)).toEqual(['read wrong']);
    // Those that were spared do not even have a sudo that waits: ending it would count as a failed login.
    expect(guests.flatMap(({ log }) => log()).filter((line) => line.startsWith('-S'))).toHaveLength(1);
    await expect(freed).resolves.toMatchObject({ exitCode: 0 });
    const spared = results.map((result) => (result.status === 'rejected' ? String(result.reason) : '')).join('\n');
    expect(spared.match(/refused on vm\d, so it was not tried here/g)).toHaveLength(5);
  });

  test('a right one goes to all; a guest that wants another fails alone', async () => {
    const gate = gateWith(CANARY);
    const guests = Array.from({ length: 5 }, () => guestWith('password'));
    await Promise.all(guests.map((guest) => guest.run(SCRIPT, gate)));
    expect(guests.flatMap(passwordsRead)).toHaveLength(5);
  });

  test('a guest that cannot say passes the proof on', async () => {
    const gate = gateWith(CANARY);
    const denied = guestWith('denied').run(SCRIPT, gate, 'denied');
    const guest = guestWith('password').run(SCRIPT, gate, 'vm1');
    await expect(denied).rejects.toMatchObject({ code: 'E_SUDO' });
    await expect(guest).resolves.toMatchObject({ exitCode: 0 });
  });
});
