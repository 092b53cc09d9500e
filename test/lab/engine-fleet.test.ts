import { existsSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SNAPSHOT } from './support/client.ts';
import { converges, count, endings, LIGHT, queueLab, tally, type QueueLab } from './support/queue.ts';
import type { Running } from './support/running.ts';

const FLEET = 200;
const HOSTS = ['w1', 'w2', 'w3'];
const SAMPLE = ['vm1', 'vm100', 'vm200'];

let queue: QueueLab;
let workers: Running[];
let names: string[];
const snapshots = (): Promise<string[]> => Promise.all(SAMPLE.map(async (name) => (await queue.lab.exec(name, SNAPSHOT)).stdout)); // prettier-ignore

beforeAll(async () => {
  queue = await queueLab({ count: FLEET });
  names = queue.lab.guests.map(({ name }) => name);
  count(queue, names);
  workers = HOSTS.map((host) => queue.worker(host, ['--forks', '30']));
  await Promise.all(workers.map(({ said }) => said('takes work')));
});
afterAll(() => queue.down());

it(`${FLEET} guests by three workers: each converged once, nobody lost, and all is taken back`, async () => {
  const original = await snapshots();
  const first = await queue.provision('apply', 'debug-panic', ...LIGHT, '--json');
  expect(first.code, first.stderr).toBe(0);
  expect(tally(first)).toEqual({ changed: FLEET });
  expect(endings(first).size).toBe(FLEET);
  const did = names.map((name) => converges(queue, name));
  expect(did.filter((each) => each.length !== 1)).toEqual([]);
  const shares = HOSTS.map((host) => did.flat().filter((owner) => owner.includes(`@${host} (provision apply, run `)).length); // prettier-ignore
  expect(Math.min(...shares), shares.join(' ')).toBeGreaterThan(FLEET / 20);
  expect(shares.reduce((sum, each) => sum + each)).toBe(FLEET);

  const second = await queue.provision('apply', 'debug-panic', ...LIGHT, '--json');
  expect(second.code, second.stderr).toBe(0);
  expect(tally(second)).toEqual({ converged: FLEET });
  expect(names.filter((name) => converges(queue, name).length !== 1)).toEqual([]);

  const back = await queue.provision('rollback', '--yes', '--json');
  expect(back.code, back.stderr).toBe(0);
  expect(tally(back)).toEqual({ changed: FLEET });
  expect(await snapshots()).toEqual(original);
  expect(names.filter((name) => existsSync(queue.within(name, '/var/lib/provision')))).toEqual([]);
  const elapsed = [first, second, back].map((ran) => /"ms":(\d+)\}$/.exec(ran.stdout.trim())?.[1]);
  process.stdout.write(
    `${FLEET} guests, 3 workers (${shares.join(', ')}): apply, again, rollback in ${elapsed.join(', ')} ms\n`,
  );
});

it('a worker that is told to stop ends well', async () => {
  for (const { child } of workers) child.kill('SIGTERM');
  for (const { ended } of workers) expect((await ended).code).toBe(0);
});
