import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { PACKAGES, SNAPSHOT } from './support/client.ts';
import type { Ran } from './support/lab.ts';
import { converges, count, endings, forget, held, hold, letGo, LIGHT, queueLab, tally, told, type QueueLab } from './support/queue.ts'; // prettier-ignore
import type { Running } from './support/running.ts';

const BEHIND = 60;

let queue: QueueLab;
let workers: Running[] = [];
async function worker(host: string, ...args: string[]): Promise<void> {
  const running = queue.worker(host, args);
  workers.push(running);
  await running.said('takes work');
}
async function stop(): Promise<void> {
  for (const { child } of workers) child.kill('SIGTERM');
  for (const { ended } of workers) expect((await ended).code).toBe(0);
  workers = [];
}
const names = (prefix: string): string[] =>
  queue.lab.guests.map(({ name }) => name).filter((name) => name.startsWith(prefix));
const words = ({ stdout, stderr }: Ran): string => (stdout + stderr).replaceAll(/\s+/g, ' ');

/** Guests behind a bastion and guests that are dialled directly; workers find the bastion in their own ssh_config. */
beforeAll(async () => {
  queue = await queueLab({ count: 1, prefix: 'gate', odd: 'sudo' });
  const { lab } = queue;
  await lab.up({ count: BEHIND, prefix: 'behind' });
  await lab.up({ count: 5, prefix: 'vm' });
  const gate = lab.guests.find(({ name }) => name === 'gate1')!;
  const config = join(lab.directory, 'ssh_config');
  const way = `Host gate\n HostName ${gate.host}\n Port ${gate.port}\n User ops\n IdentityFile ${lab.key}\n`;
  writeFileSync(config, way + readFileSync(config, 'utf8'));
  count(queue, [...names('behind'), ...names('vm')]);
});
afterAll(() => queue.down());
afterEach(async () => {
  workers = [];
  await queue.reset();
});

it(`${BEHIND} guests behind a bastion with the default MaxStartups go by its own queue and workers; the others by theirs`, async () => {
  expect((await queue.lab.exec('gate1', 'sshd -T | grep -i ^maxstartups')).stdout).toBe('maxstartups 10:30:100\n');
  await worker('d1', '--via', 'direct');
  for (const host of ['b1', 'b2']) await worker(host, '--via', 'gate');
  const inventory = join(queue.lab.directory, 'ways.yaml');
  const guestOf = (name: string): string => {
    const { host, port } = queue.lab.guests.find((guest) => guest.name === name)!;
    return `  ${name}: { host: ${host}, port: ${port}, user: root${name.startsWith('behind') ? ', jump: gate' : ''} }`;
  };
  writeFileSync(inventory, `guests:\n${[...names('behind'), ...names('vm')].map(guestOf).join('\n')}\n`);
  const ran = await queue.provision('apply', 'debug-panic', '-i', inventory, ...LIGHT, '--json');
  expect(ran.code, ran.stderr).toBe(0);
  expect(tally(ran)).toEqual({ changed: BEHIND + 5 });
  const by = (each: string[]): Set<string> =>
    new Set(each.flatMap((name) => converges(queue, name).map((owner) => /@(\S+)/.exec(owner)?.[1] ?? '')));
  expect([...by(names('behind'))].sort()).toEqual(['b1', 'b2']);
  expect([...by(names('vm'))]).toEqual(['d1']);
  const log = queue.lab.sshdLog('gate1');
  expect(log).not.toMatch(/drop connection|Exceeded MaxStartups/i);

  const back = await queue.provision('rollback', '-i', inventory, '--yes', '--json');
  expect(back.code, back.stderr).toBe(0);
  for (const name of names('vm')) forget(queue, name);
  await stop();
});

it('a dry-run through the queue shows what a dry-run from here shows, and changes nothing', async () => {
  await worker('w1', '--via', 'direct');
  const before = (await queue.lab.exec('vm1', SNAPSHOT + PACKAGES)).stdout;
  const dry = ['apply', 'debug-panic', 'vm*', ...LIGHT, '--dry-run'] as const;
  const through = await queue.provision(...dry, '--detailed-exitcode');
  expect(through.code, through.stderr).toBe(3);
  const here = await queue.alone(...dry, '--detailed-exitcode');
  expect(here.code, here.stderr).toBe(3);
  expect(untimed(through)).toBe(untimed(here));
  expect(through.stdout).toContain('vm[1-5]');
  expect((await queue.lab.exec('vm1', SNAPSHOT + PACKAGES)).stdout).toBe(before);
  await stop();
});
const untimed = ({ stdout }: Ran): string => stdout.replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, 'TIME').replaceAll(/ --engine \S+/g, ''); // prettier-ignore

describe('what fails', () => {
  const limits = ['--json', '--guest-timeout', '60s'];

  it('a canary that cannot be reached ends it, as from here: nobody else is touched', async () => {
    await worker('w1');
    await queue.lab.kill('vm1');
    const args = ['apply', 'debug-panic', 'vm*', ...LIGHT, ...limits, '--canary', '1'] as const;
    const through = await queue.provision(...args);
    const here = await queue.alone(...args);
    expect(through.code, through.stderr).toBe(1);
    expect(told(through)).toEqual(told(here));
    expect(endings(through).get('vm1')).toMatchObject({ outcome: 'unreachable', error: { code: 'E_UNREACHABLE' } });
    expect(endings(through).get('vm2')?.reason).toBe('not begun: the canary vm1 failed');
    for (const name of names('vm').slice(1)) expect(converges(queue, name)).toEqual([]);
    await queue.lab.start('vm1');
    await stop();
  });

  it('a budget that is used up stops it: who was begun ends, the others are taken back, and each is named', async () => {
    await worker('w1', '--forks', '2');
    await queue.lab.kill('vm1');
    hold(queue, 'vm2');
    const apply = queue.begin('apply', 'debug-panic', 'vm2', 'vm1', 'vm3', 'vm4', 'vm5', ...LIGHT, ...limits, '--max-failures', '0'); // prettier-ignore
    await held(queue, 'vm2');
    await apply.said('"rollout.stopped"');
    letGo(queue, 'vm2');
    const ended = await apply.ended;
    expect(ended.code, ended.stderr).toBe(1);
    const { vm1, vm2, ...rest } = Object.fromEntries(endings(ended));
    expect(vm1).toMatchObject({ outcome: 'unreachable', error: { code: 'E_UNREACHABLE' } });
    expect(vm2).toMatchObject({ outcome: 'changed' });
    const touched = Object.values(rest).filter(({ outcome }) => outcome !== 'not-begun');
    // A worker may have come to one more before the word was out.
    expect(touched.length).toBeLessThan(2);
    for (const { guest, outcome } of Object.values(rest))
      expect(converges(queue, guest)).toHaveLength(outcome === 'changed' ? 1 : 0);
    const after = await queue.elsewhere('runs', 'attach', '--json').ended;
    expect(after.code).toBe(1);
    expect(told(after)).toEqual(told(ended));
    await queue.lab.start('vm1');
    await stop();
  });

  it('what is wrong with the keys of a worker is told with its name', async () => {
    const known = readFileSync(queue.lab.knownHosts, 'utf8');
    await worker('w1');
    writeFileSync(queue.lab.knownHosts, '');
    const unknown = await queue.provision('rollback', 'vm4', '--yes');
    expect(unknown.code).toBe(4);
    expect(words(unknown)).toContain('E_HOST_KEY_UNKNOWN');
    expect(words(unknown)).toMatch(/@w1\b/);
    // It is mended while the worker runs.
    writeFileSync(queue.lab.knownHosts, known);
    const again = await queue.provision('rollback', 'vm4', '--yes');
    expect(again.code, words(again)).toBe(0);
    await stop();
  });

  it('without a worker it waits, and says so', async () => {
    const apply = queue.begin('apply', 'debug-panic', 'vm5', ...LIGHT);
    await apply.said('no worker of version');
    apply.child.kill('SIGINT');
    const ended = await apply.ended;
    expect(ended.code).toBe(130);
    expect(words(ended)).toContain('not begun');
  });
});
