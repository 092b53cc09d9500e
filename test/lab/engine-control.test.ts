import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { SNAPSHOT } from './support/client.ts';
import type { Ran } from './support/lab.ts';
import { converges, count, endings, eventsOf, forget, held, hold, letGo, LIGHT, queueLab, tally, told, until, type QueueLab } from './support/queue.ts'; // prettier-ignore
import type { Running } from './support/running.ts';

const NAMES = ['vm1', 'vm2', 'vm3', 'vm4', 'vm5'];
const BATCHES = ['--canary', '1', '--batch', '2', '--pause', '100ms', '--gate'];

let queue: QueueLab;
/** What was decided, in its order. */
const decisions = (ran: Ran): unknown[] =>
  eventsOf(ran).flatMap((event): unknown[] => {
    if (event.kind === 'batch.started') return [[event.name, ...event.guests]];
    if (event.kind === 'batch.finished') return [event.failed];
    return event.kind.startsWith('rollout.') ? [event.kind] : [];
  });
const runId = ({ stderr }: Ran): string => /run (\S+);/.exec(stderr)?.[1] ?? expect.fail(stderr);
async function worker(host: string, ...args: string[]): Promise<Running> {
  const running = queue.worker(host, args);
  await running.said('takes work');
  return running;
}
async function stop(...running: Running[]): Promise<void> {
  for (const { child } of running) child.kill('SIGTERM');
  for (const { ended } of running) expect((await ended).code).toBe(0);
}

beforeAll(async () => {
  queue = await queueLab({ count: NAMES.length });
  count(queue, NAMES);
});
afterAll(() => queue.down());
// A case that fails leaves nothing to the next one.
afterEach(async () => {
  await queue.reset();
  for (const name of NAMES) {
    letGo(queue, name);
    forget(queue, name);
  }
  const back = await queue.alone('rollback', ...NAMES);
  expect(back.code, back.stdout + back.stderr).toBe(0);
});

it('a controller is killed in the middle of a rollout: another machine goes on with it, and decides the same', async () => {
  const w1 = await worker('w1');
  hold(queue, 'vm2');
  const first = queue.begin('apply', 'debug-panic', ...NAMES, ...LIGHT, ...BATCHES, '--json');
  await held(queue, 'vm2');
  const onlooker = queue.elsewhere('runs', 'attach', '--follow', '--json');
  await onlooker.said('"batch.started"');
  first.child.kill('SIGKILL');
  const killed = await first.ended;
  await onlooker.said('nobody controls this run');
  const second = queue.elsewhere('runs', 'attach', '--json');
  await second.said('"batch.started"');
  letGo(queue, 'vm2');
  const ended = await second.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(tally(ended)).toEqual({ changed: NAMES.length });
  for (const name of NAMES) expect(converges(queue, name), name).toHaveLength(1);
  expect(decisions(ended).slice(0, decisions(killed).length)).toEqual(decisions(killed));
  const decided = decisions(ended);
  const between = [0, 'rollout.paused', 'rollout.gate'];
  expect(decided).toEqual([['canary', 'vm1'], ...between, ['batch 2 of 3', 'vm2', 'vm3'], ...between, ['batch 3 of 3', 'vm4', 'vm5'], 0]); // prettier-ignore
  const looked = await onlooker.ended;
  expect(looked.code, looked.stdout + looked.stderr).toBe(0);
  expect(decisions(looked)).toEqual(decided);

  // After the end: all of it, and the exit code of the run.
  const after = await queue.elsewhere('runs', 'attach', runId(killed), '--json').ended;
  expect(after.code, after.stderr).toBe(0);
  expect(decisions(after)).toEqual(decided);
  expect(told(after)).toEqual(told(ended));
  await stop(w1);
});

describe('Ctrl-C', () => {
  it('once: the controller begins no other guest, takes back what nobody has begun, and sees the running one end', async () => {
    const w1 = await worker('w1', '--forks', '1');
    hold(queue, 'vm1');
    const apply = queue.begin('apply', 'debug-panic', ...NAMES, ...LIGHT, '--json');
    await held(queue, 'vm1');
    apply.child.kill('SIGINT');
    await apply.said('"guest":"vm5","outcome":"not-begun"');
    letGo(queue, 'vm1');
    const ended = await apply.ended;
    expect(ended.code, ended.stderr).toBe(130);
    expect(tally(ended)).toEqual({ changed: 1, 'not-begun': 4 });
    expect(endings(ended).get('vm1')?.outcome).toBe('changed');
    for (const name of NAMES.slice(1)) expect(converges(queue, name)).toEqual([]);
    // Whoever looks at it later sees the same.
    const after = await queue.elsewhere('runs', 'attach', runId(ended), '--json').ended;
    expect(after.code).toBe(130);
    expect(told(after)).toEqual(told(ended));
    await stop(w1);
  });

  it('twice: the controller leaves and says how to come back; the workers go on', async () => {
    const w1 = await worker('w1', '--forks', '1');
    hold(queue, 'vm1');
    const apply = queue.begin('apply', 'debug-panic', ...NAMES, ...LIGHT);
    await held(queue, 'vm1');
    apply.child.kill('SIGINT');
    await apply.said('stopped: interrupted');
    apply.child.kill('SIGINT');
    const left = await apply.ended;
    expect(left.code).toBe(130);
    expect(left.stdout + left.stderr).toContain(`provision runs attach ${runId(left)} --engine`);
    const attached = queue.elsewhere('runs', 'attach', '--json');
    await attached.said('"guest.begun"');
    letGo(queue, 'vm1');
    const ended = await attached.ended;
    expect(tally(ended)).toEqual({ changed: 1, 'not-begun': 4 });
    expect(converges(queue, 'vm1')).toHaveLength(1);
    await stop(w1);
  });

  it('twice, while Redis is away: nobody is kept', async () => {
    const w1 = await worker('w1', '--forks', '1');
    hold(queue, 'vm1');
    const apply = queue.begin('apply', 'debug-panic', 'vm1', ...LIGHT);
    await held(queue, 'vm1');
    await queue.redis.kill();
    await Promise.all([apply.said('is lost'), w1.said('is lost')]);
    for (const { child } of [apply, w1]) child.kill('SIGINT');
    // Of two signals that a process has not seen yet, it sees one.
    await Promise.all([apply.said('once more to leave it'), w1.said('takes no new guest')]);
    for (const { child } of [apply, w1]) child.kill('SIGINT');
    expect((await w1.ended).code).toBe(130);
    expect((await apply.ended).code).toBe(130);
    await queue.redis.restart();
    letGo(queue, 'vm1');
    const w2 = await worker('w2');
    const ended = await queue.elsewhere('runs', 'attach', '--json').ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(converges(queue, 'vm1')).toHaveLength(1);
    await stop(w2);
  });

  it('a worker finishes what it has', async () => {
    const w1 = await worker('w1');
    hold(queue, 'vm1');
    const apply = queue.begin('apply', 'debug-panic', 'vm1', ...LIGHT, '--json');
    await held(queue, 'vm1');
    w1.child.kill('SIGINT');
    await w1.said('1 to finish');
    const w2 = await worker('w2');
    letGo(queue, 'vm1');
    expect((await w1.ended).code).toBe(0);
    expect((await apply.ended).code).toBe(0);
    expect(converges(queue, 'vm1')).toEqual([expect.stringContaining('@w1 (')]);
    await stop(w2);
  });

  it('a worker that is told twice lets go of what it has, and another takes that over', async () => {
    const w3 = await worker('w3');
    hold(queue, 'vm1');
    const again = queue.begin('apply', 'debug-panic', 'vm1', ...LIGHT, '--json');
    await held(queue, 'vm1');
    const w4 = await worker('w4');
    w3.child.kill('SIGINT');
    await w3.said('1 to finish');
    w3.child.kill('SIGINT');
    expect((await w3.ended).code).toBe(130);
    await again.said('following ');
    letGo(queue, 'vm1');
    const ended = await again.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect([...endings(ended).keys()]).toEqual(['vm1']);
    expect(converges(queue, 'vm1')).toEqual([expect.stringContaining('@w3 (')]);
    await stop(w4);
  });
});

it('a worker that was away and comes back late is refused by the guest, changes nothing, and its word does not count', async () => {
  const within = (path: string): string => queue.within('vm1', path);
  // The first converge is held up before it has the lock; nobody can see it there.
  const waits = 'mkdir /tmp/first 2>/dev/null && { touch /tmp/late; while [ ! -e /tmp/go ]; do sleep 0.1; done; }';
  renameSync(within('/usr/bin/flock'), within('/usr/bin/flock.real'));
  writeFileSync(within('/usr/bin/flock'), `#!/bin/sh\ncase "$*" in "-w "*" 9") ${waits} ;; esac\nexec /usr/bin/flock.real "$@"\n`); // prettier-ignore
  chmodSync(within('/usr/bin/flock'), 0o755);
  const w1 = await worker('w1');
  const apply = queue.begin('apply', 'debug-panic', 'vm1', ...LIGHT, '--json');
  await until('the first converge is on its way', () => existsSync(within('/tmp/late')));
  const jobs = within('/run/provision/jobs');
  const late = readdirSync(jobs).find((job) => !existsSync(join(jobs, job, 'rc'))) ?? '';
  w1.child.kill('SIGSTOP');
  const w2 = await worker('w2');
  const ended = await apply.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(converges(queue, 'vm1')).toEqual([expect.stringContaining('@w2 (')]);
  const snapshot = async (): Promise<string> => (await queue.lab.exec('vm1', SNAPSHOT)).stdout;
  const converged = await snapshot();

  writeFileSync(within('/tmp/go'), '');
  w1.child.kill('SIGCONT');
  await until('the late one has ended', () => existsSync(join(jobs, late, 'rc')));
  expect(readFileSync(join(jobs, late, 'log'), 'utf8')).toMatch(
    /^@ fail E_FENCED \na newer attempt has begun on this guest: \d+ of run \S+; this one is \d+ of run \S+\n$/,
  );
  await stop(w1, w2);
  expect(await snapshot()).toBe(converged);
  expect(converges(queue, 'vm1')).toHaveLength(1);
  const log = await queue.redis.cli('XRANGE', `provision:run:${runId(ended)}:log`, '-', '+');
  expect(log.match(/"ended"/g)).toHaveLength(1);
  expect(log).not.toContain('E_FENCED');
});
