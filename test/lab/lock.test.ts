import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { convergeLibrary } from '../../src/plan/script.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { clientOf } from './support/client.ts';
import { labUp, ran, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const LIGHT = ['--yes', '--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];
const ME = `${userInfo().username}@${hostname()}`;

let lab: Lab;
let here: (command: string, ...args: string[]) => Promise<Ran>;

beforeAll(async () => {
  lab = await labUp({ count: 2 });
  here = clientOf(lab);
  // A plan is held up in vm1, at the step that writes a sysctl fragment, while it is to be.
  const held = '[ ! -e /tmp/hold ] || { touch /tmp/held; while [ -e /tmp/hold ]; do sleep 0.1; done; }';
  const script = `#!/bin/sh\ncase "$*" in *" /etc/sysctl.d/"*) ${held} ;; esac\nexec /usr/bin/mv.real "$@"\n`;
  const { code } = await lab.exec('vm1', `mv /usr/bin/mv /usr/bin/mv.real; printf '%s' '${script}' >/usr/bin/mv; chmod 755 /usr/bin/mv`); // prettier-ignore
  expect(code).toBe(0);
});
afterAll(() => lab.down());

beforeEach(async () => {
  expect((await here('rollback', '--yes', '--no-journal')).code).toBe(0);
  await lab.exec('vm1', 'rm -f /tmp/held; touch /tmp/hold');
});

const env = (): NodeJS.ProcessEnv => ({ ...process.env, HOME: lab.directory, PROVISION_INVENTORY: lab.inventory, PROVISION_RUNS: join(lab.directory, 'runs') }); // prettier-ignore
const apply = (...args: string[]): string[] => [MAIN, 'apply', 'debug-panic', ...args, ...LIGHT, '-F', join(lab.directory, 'ssh_config')]; // prettier-ignore
const letGo = (): Promise<Ran> => lab.exec('vm1', 'rm -f /tmp/hold');
/** The same from a machine of another name. */
const other = (...args: string[]): string[] => ['--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh', process.execPath, ...apply(...args)]; // prettier-ignore
const elsewhere = (...args: string[]): Promise<Ran> => ran('unshare', other(...args), env());
const words = ({ stdout }: Ran): string => stdout.replaceAll(/\s+/g, ' ');

/** A client that is let go on only once it follows the plan of another. */
async function following(file: string, args: string[]): Promise<{ code: number; stdout: string }> {
  const child = spawn(file, args, { env: env(), stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  let stdout = '';
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
      if (stdout.includes('following ')) resolve();
    });
  });
  expect(stdout).toContain('following ');
  await letGo();
  return { code: (await ended)[0] as number, stdout };
}

/** A controller whose plan is under way on vm1. */
async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, apply('vm1'), { env: env(), stdio: 'ignore' });
  const { code } = await lab.exec('vm1', 'for i in $(seq 600); do [ -e /tmp/held ] && exit; sleep 0.1; done; exit 1');
  expect(code, 'vm1 was never held up').toBe(0);
  return child;
}
const newestRun = (): string => readdirSync(join(lab.directory, 'runs')).sort().at(-1) ?? '';

it('a second rollout is told at once who holds the guest, goes on with the others, and works once the first has ended', async () => {
  const first = await holder();
  const ended = once(first, 'exit');
  const run = newestRun();
  const began = Date.now();
  const second = await elsewhere('vm1', 'vm2', '--no-journal');
  expect(Date.now() - began).toBeLessThan(20_000);
  expect(second.code, second.stdout).toBe(1);
  expect(words(second)).toContain(`${ME} (provision apply, run ${run}) works on this guest since 20`);
  expect(second.stdout).toContain('E_LOCKED');
  expect(words(second)).toContain('--wait');
  expect(words(second)).toMatch(/1 changed/);
  // The same person, at another terminal.
  const third = await here('apply', 'debug-panic', 'vm1', ...LIGHT, '--no-journal');
  expect(third.stdout).toContain('E_LOCKED');
  await letGo();
  expect((await ended)[0]).toBe(0);
  const again = await elsewhere('vm1', '--no-journal');
  expect(again.code, again.stdout).toBe(0);
});

it('with --wait it waits for the end of the first', async () => {
  const first = await holder();
  const ended = once(first, 'exit');
  const second = await following('unshare', other('vm1', '--wait', '--no-journal', '--json'));
  expect((await ended)[0]).toBe(0);
  expect(second.code, second.stdout).toBe(0);
});

it('what a client that was killed left running is followed by the same person, and nobody else', async () => {
  const first = await holder();
  const ended = once(first, 'exit');
  first.kill('SIGKILL');
  await ended;
  expect((await elsewhere('vm1', '--no-journal')).stdout).toContain('E_LOCKED');
  const mine = await following(process.execPath, apply('vm1', '--json'));
  expect(mine.code, mine.stdout).toBe(0);
});

it('a rollout that finds the lock held only when it begins leaves what the holder has written', async () => {
  const library = convergeLibrary(loadKnowledge().templates);
  const late = `${library}\nLOCK_SECONDS=1 WAIT_SECONDS=0\nbegin late - 'bob@rack (provision apply)'\n`;
  const script = `
    mkdir -p /var/lib/provision /run/provision/jobs/late
    echo '{}' >/var/lib/provision/pending.json
    echo 'j - 2026-11-24T21:22:00Z ann@desk (provision apply, run r1)' >/run/provision/current
    cat >/tmp/late <<'END-OF-LATE'\n${late}END-OF-LATE
    flock /run/lock/provision.lock sh /tmp/late
    cat /run/provision/jobs/late/log
    ls /var/lib/provision
    rm -rf /var/lib/provision /run/provision /tmp/late`;
  const { stdout } = await lab.exec('vm2', script);
  expect(stdout).toBe(
    '@ fail E_LOCKED \nann@desk (provision apply, run r1) works on this guest since 2026-11-24T21:22:00Z\npending.json\n',
  );
});
