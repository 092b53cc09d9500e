import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { converges, count, endings, eventsOf, queueLab, until, type QueueLab } from './support/queue.ts';
import type { Running } from './support/running.ts';

const SETTINGS = ['--yes', '--skip', 'kdump,trace', '--set', 'crash.tools=[makedumpfile]', '--set', 'arm.after=0s'];

/** Each run of dpkg is written down, with how many of apt there were then; it is held up between unpacking and configuring. */
const DPKG = `#!/bin/sh
case "$*" in *--unpack* | *--configure*) echo "$(pgrep -xc apt-get) $*" >>/tmp/dpkg-runs ;; esac
case "$*" in *--configure*) [ ! -e /tmp/hold ] || { touch /tmp/held; while [ -e /tmp/hold ]; do sleep 0.1; done; } ;; esac
exec /usr/bin/dpkg.real "$@"
`;

let queue: QueueLab;
let workers: Running[] = [];
const within = (path: string): string => queue.within('vm1', path);
const inGuest = async (text: string): Promise<string> => (await queue.lab.exec('vm1', text)).stdout.trim();
async function worker(host: string): Promise<Running> {
  const running = queue.worker(host, ['--forks', '5']);
  workers.push(running);
  await running.said('takes work');
  return running;
}

beforeAll(async () => {
  queue = await queueLab({ count: 2, kind: 'full', grub: true });
  count(queue, ['vm1']);
  renameSync(within('/usr/bin/dpkg'), within('/usr/bin/dpkg.real'));
  writeFileSync(within('/usr/bin/dpkg'), DPKG);
  chmodSync(within('/usr/bin/dpkg'), 0o755);
});
afterAll(() => queue.down());

beforeEach(async () => {
  await worker('mender');
  const back = await queue.provision('rollback', 'vm1', '--purge');
  expect(back.code, back.stdout + back.stderr).toBe(0);
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers = [];
  await inGuest('rm -rf /run/provision/jobs /tmp/moves /tmp/dpkg-runs /tmp/held; touch /tmp/hold');
});

/** An apply whose guest is between unpacking and configuring a package. */
async function installing(): Promise<Running> {
  const apply = queue.begin('apply', 'debug-panic', 'vm1', ...SETTINGS, '--json');
  await until('dpkg is held up', () => existsSync(within('/tmp/held')));
  expect(await inGuest('dpkg --audit')).toContain('makedumpfile');
  return apply;
}

/** One dpkg after the other, and nothing half done. */
async function sound(): Promise<void> {
  const runs = readFileSync(within('/tmp/dpkg-runs'), 'utf8').trim().split('\n');
  expect(runs.map((line) => line.split(' ')[0])).toEqual(runs.map(() => '1'));
  expect(runs.filter((line) => line.includes('--unpack'))).toHaveLength(1);
  expect(await inGuest('dpkg --audit; ls /var/lib/provision')).toBe('backup\nfence\nstate.json');
}

it('a worker is killed while its guest is in the middle of apt: another takes over, and follows what runs there', async () => {
  const first = await worker('w1');
  const apply = await installing();
  await worker('w2');
  const begun: number[] = [];
  const followed = new Promise<string>((resolve) => {
    createInterface(apply.child.stdout!).on('line', (line) => {
      const event = JSON.parse(line) as Event;
      if (event.kind === 'guest.begun') begun.push(Date.now());
      if (event.kind === 'guest.output' && event.line.startsWith('following ')) resolve(event.line);
    });
  });
  const killed = Date.now();
  first.child.kill('SIGKILL');
  expect(await followed).toMatch(/^following .*@w1 \(provision apply, run .*begun earlier$/);
  const seconds = ((begun.at(-1) ?? Number.NaN) - killed) / 1000;
  expect(await inGuest('pgrep -xc apt-get')).toBe('1');
  await inGuest('rm /tmp/hold');
  const ended = await apply.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(endings(ended).size).toBe(1);
  expect(converges(queue, 'vm1')).toEqual([expect.stringContaining('@w1 (')]);
  await sound();
  process.stdout.write(`a killed worker's guest was taken over after ${seconds} s\n`);
  expect(seconds).toBeLessThan(45);
});

it('Redis is killed while a guest is in the middle of apt, and comes back with its file: the run goes on', async () => {
  await worker('w1');
  await worker('w2');
  const apply = await installing();
  await queue.redis.kill();
  await apply.said('is lost');
  await inGuest('rm /tmp/hold');
  await until('the converge is over', () => existsSync(within('/var/lib/provision/state.json')));
  await queue.redis.restart();
  const ended = await apply.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  // Each connection comes back by itself: the run may be over before the one that tells of it is there again.
  expect(ended.stderr).toMatch(/is lost.*going on when it is back\n/);
  expect([...endings(ended).keys()]).toEqual(['vm1']);
  expect(converges(queue, 'vm1')).toHaveLength(1);
  expect(eventsOf(ended).at(-1)).toMatchObject({ kind: 'run.finished', exitCode: 0 });
  await sound();
});

it('a guest whose reservation needs a reboot is rebooted through the queue, and ends armed', async () => {
  await worker('w1');
  const bootId = async (): Promise<string> =>
    (await queue.lab.exec('vm2', 'cat /proc/sys/kernel/random/boot_id')).stdout;
  const before = await bootId();
  const settings = ['--yes', '--skip', 'trace,crash', '--set', 'arm.after=5s', '--reboot'];
  const first = await queue.provision('apply', 'debug-panic', 'vm2', ...settings, '--json');
  expect(first.code, first.stdout + first.stderr).toBe(0);
  const phases = eventsOf(first).flatMap((event) => (event.kind === 'guest.reboot' ? [event.phase] : []));
  expect(phases).toContain('requested');
  expect(await bootId()).not.toBe(before);
  expect((await queue.lab.exec('vm2', 'cat /proc/cmdline /run/provision/arm')).stdout).toMatch(
    /crashkernel=256M\n.* armed /,
  );
  const again = await queue.provision('apply', 'debug-panic', 'vm2', ...settings, '--json');
  expect([...endings(again).values()].map(({ outcome }) => outcome)).toEqual(['converged']);
});
