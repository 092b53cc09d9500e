import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { writePlanFile } from '../../src/cli/plan-file.ts';
import { printError } from '../../src/cli/print-error.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { VERSION } from '../../src/cli/version.ts';
import { keysOf, RUNS_KEY } from '../../src/engine/keys.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { freePort, startRedis, type TestRedis } from '../engine/support/redis.ts';
import { allAtOnce, link, queueRun, saved, until } from '../engine/support/rollout.ts';
import { Stage, worker } from '../engine/support/stage.ts';
import { bareFacts } from '../plan/support/facts.ts';
import { planFor } from '../plan/support/planning.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-engine-'));
const inventory = join(folder, 'inventory.yaml');
/** Whatever of these is found in a queue was not to be there. */
const SECRETS = {
  key: 'canary-of-a-key-file',
  password: 'canary-of-a-password',
  sudo: 'canary-of-sudo',
  engine: 'canary-of-the-queue',
};
writeFileSync(
  inventory,
  `defaults: { user: ops, become: true, identity_file: ./${SECRETS.key} }
groups:
  desktops: { guests: [vm1, vm2], vars: { hung_task.timeout: 777s } }
guests:
  vm1: { host: 192.0.2.1 }
  vm2: { host: 192.0.2.2, jump: ops@bastion }
  vm3: { host: 192.0.2.3, labels: { ansible_password: ${SECRETS.password} } }
`,
);

let redis: TestRedis;
let on: EngineLink;
let stage: Stage;
let serving: GuestWorker;

beforeAll(async () => {
  redis = await startRedis({ auth: SECRETS.engine, appendonly: false });
  on = await link(redis.url);
});
beforeEach(async () => {
  await on.client.flushdb();
  stage = new Stage();
  stage.atOnce = () => ({});
  serving = await worker(on, { perform: stage, version: VERSION });
  vi.stubEnv('PROVISION_INVENTORY', inventory);
  vi.stubEnv('PROVISION_RUNS', join(folder, 'runs'));
  vi.stubEnv('PROVISION_ENGINE_PASSWORD', SECRETS.engine);
  vi.stubEnv('PROVISION_BECOME_PASSWORD', SECRETS.sudo);
  vi.stubEnv('PROVISION_ENGINE', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await serving.stop();
});
afterAll(async () => {
  await on.close();
  await redis.stop();
  rmSync(folder, { recursive: true });
});

interface Said {
  code: number;
  out: string;
  err: string;
}
const url = () => `redis://127.0.0.1:${redis.port}`;
const texts = { out: '', err: '' };

/** The command as main.ts runs it, in this process. */
async function provision(argv: string[], stop = new AbortController(), leave = new AbortController()): Promise<Said> {
  texts.out = texts.err = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      texts.out += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      texts.err += String(text);
      return true;
    }),
  ];
  try {
    const code = await buildProgram(stop.signal, leave.signal).run(argv).catch(printError);
    return { code, ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** All that is in the queue, as text. */
async function everything(): Promise<string> {
  const { client } = on;
  const parts: string[] = [];
  for (const key of await client.keys('*')) {
    parts.push(key);
    const type = await client.type(key);
    if (type === 'string') parts.push((await client.get(key)) ?? '');
    else if (type === 'hash') parts.push(JSON.stringify(await client.hgetall(key)));
    else if (type === 'list') parts.push(...(await client.lrange(key, 0, -1)));
    else if (type === 'set') parts.push(...(await client.smembers(key)));
    else if (type === 'zset') parts.push(...(await client.zrange(key, '0', '-1')));
    else if (type === 'stream') parts.push(JSON.stringify(await client.xrange(key, '-', '+')));
    else throw new Error(`a ${type} at ${key}`);
  }
  return parts.join('\n');
}
const runsThere = () => on.client.zrange(RUNS_KEY, '0', '-1');

describe('a run through the queue', () => {
  it.each([
    [['apply', 'debug-panic', '--yes'], 'apply'],
    [['rollback', '--yes'], 'rollback'],
    [['arm', '--yes'], 'arm'],
    [['disarm', '--yes'], 'disarm'],
    [['apply', 'debug-panic', '--dry-run'], 'apply'],
  ])('%j is done by workers', async ([command = '', ...more], asked) => {
    const { code, err } = await provision([command, ...more, '--engine', url()]);
    expect(code, err).toBe(0);
    expect(err).not.toContain(SECRETS.engine);
    expect(stage.attempts.map(({ guest }) => guest.name).sort()).toEqual(['vm1', 'vm2', 'vm3']);
    for (const { request, desired } of stage.attempts) {
      expect(request.command).toBe(asked);
      expect(request.dryRun).toBe(more.includes('--dry-run'));
      expect(desired === null).toBe(asked !== 'apply');
    }
  });

  it('has the exit code of its guests', async () => {
    stage.atOnce = ({ guest }) => ({ outcome: guest.name === 'vm2' ? 'unreachable' : 'changed' });
    expect((await provision(['arm', '--yes', '--engine', url()])).code).toBe(4);
  });

  it('leaves nothing secret there, nor where keys are, nor what else the inventory knows', async () => {
    stage.atOnce = undefined;
    const running = provision(['apply', 'debug-panic', '--yes', '-K', '--canary', '1', '--gate', '--engine', url()]);
    await until('the canary', () => stage.at('vm1'));
    const meanwhile = await everything();
    stage.at('vm1')?.end({});
    stage.atOnce = () => ({});
    expect((await running).code).toBe(0);
    const after = await everything();
    for (const text of [meanwhile, after]) {
      expect(text).toContain('192.0.2.2');
      for (const secret of Object.values(SECRETS)) {
        expect(text).not.toContain(secret);
      }
    }
    // A setting of the profile is what the guest is to become, so it is there: in its desired state, not as a variable.
    expect(Object.keys(stage.attempts[0]?.guest ?? {}).sort()).toEqual(
      ['become', 'groups', 'host', 'name', 'transport', 'user', 'vars'].sort(),
    );
    expect(stage.attempts[0]?.guest).toMatchObject({ groups: [], vars: [] });
  });
});

describe('what no queue can carry out is refused before anything is written there', () => {
  const plan = join(folder, 'plan.json');
  writePlanFile(plan, {
    profile: 'debug-panic',
    set: [],
    skip: [],
    plans: new Map([['vm1', planFor(bareFacts(), { guest: 'vm1' })]]),
  });
  const file = join(folder, 'no-folder');
  writeFileSync(file, '');

  it.each<[string, () => string[] | Promise<string[]>, RegExp]>([
    [
      'a saved plan',
      () => ['apply', '--plan', plan, '--yes', '--engine', url()],
      /a saved plan is carried out from here/,
    ],
    ['this machine', () => ['arm', 'local', '--yes', '--engine', url()], /local is this machine/],
    ['this machine among others', () => ['arm', 'vm1', 'local', '--yes', '--engine', url()], /local is this machine/],
    ['no URL', () => ['arm', '--yes', '--engine', 'queue.example.net'], /does not begin with redis:\/\//],
    ['an empty URL', () => ['arm', '--yes', '--engine', ''], /does not begin with redis:\/\//],
    ['another scheme', () => ['arm', '--yes', '--engine', 'http://127.0.0.1'], /does not begin with redis:\/\//],
    [
      'nobody there',
      async () => ['arm', '--yes', '--engine', `redis://127.0.0.1:${await freePort()}`],
      /nothing listens/,
    ],
    ['a password without an engine', () => ['arm', '--yes', '--engine-password-file', file], /none is named/],
    [
      'a pause without batches',
      () => ['arm', '--yes', '--pause', '1s', '--engine', url()],
      /--pause comes between batches/,
    ],
    ['no such guest', () => ['arm', 'vm9', '--yes', '--engine', url()], /vm9/],
    ['no such profile', () => ['apply', 'nope', '--yes', '--engine', url()], /nope/],
    ['a journal that cannot be', () => ['arm', '--yes', '--runs-dir', join(file, 'x'), '--engine', url()], /journal/],
    ['a number that is none', () => ['arm', '--yes', '--forks', 'x', '--engine', url()], /--forks/],
    ['a worker without an engine', () => ['worker'], /no engine is named/],
    ['a worker with no forks', () => ['worker', '--forks', '0', '--engine', url()], /--forks/],
    ['attaching without an engine', () => ['runs', 'attach'], /no engine is named/],
    ['attaching to an unknown run', () => ['runs', 'attach', 'nope', '--engine', url()], /the queue knows no run nope/],
    ['attaching to nothing', () => ['runs', 'attach', '--engine', url()], /the queue knows no run/],
    ['attaching to two', () => ['runs', 'attach', 'a', 'b', '--engine', url()], /too many arguments/],
  ])('%s', async (_name, argv, words) => {
    const { code, err } = await provision(await argv());
    expect(err).toMatch(words);
    expect(code).toBe(2);
    expect(
      err
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('note: ')).length,
    ).toBeLessThanOrEqual(3);
    expect(err).not.toContain(SECRETS.engine);
    expect(await runsThere()).toEqual([]);
    expect((await on.client.keys('*')).filter((key) => key.includes(':run:') || key.endsWith(':wait'))).toEqual([]);
    expect(stage.attempts).toEqual([]);
  });
});

describe('runs attach', () => {
  it('shows the newest run from its beginning, when it is over too', async () => {
    await provision(['arm', 'vm1', '--yes', '--engine', url()]);
    await provision(['disarm', '--yes', '--json', '--engine', url()]);
    const { code, out, err } = await provision(['runs', 'attach', '--json', '--engine', url()]);
    expect(code).toBe(0);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; command?: string });
    expect(events[0]).toMatchObject({ kind: 'run.started', command: 'disarm' });
    expect(events.filter(({ kind }) => kind === 'guest.finished')).toHaveLength(3);
    expect(err).toContain(`run ${(await runsThere()).at(-1) ?? ''}: disarm by `);
  });

  it('goes on with a run whose controller is gone', async () => {
    const run = await saved(
      on,
      queueRun({ schedule: allAtOnce(['vm1']), version: VERSION, queue: `v${VERSION}-direct` }),
      [{ name: `v${VERSION}-direct`, via: null, perSecond: null, usedAt: new Date().toISOString() }],
    );
    expect((await provision(['runs', 'attach', run.head.id, '--engine', url()])).code).toBe(0);
    expect(stage.attempts).toHaveLength(1);
  });

  it.each([
    ['of another version', '0.0.1', [], /is of provision 0.0.1, and this is .*: it is shown, and not gone on with/],
    ['with --follow', VERSION, ['--follow'], /run .*: arm by tester@here/],
  ])('%s only shows', async (_name, version, more, words) => {
    const run = await saved(on, queueRun({ schedule: allAtOnce(['vm1']), version }));
    const stop = new AbortController();
    const running = provision(['runs', 'attach', run.head.id, ...more, '--engine', url()], stop);
    await until('the note', () => words.test(texts.err));
    // It has looked for the first entry by then.
    await until('its reading connection', async () => (await redis.cli('CLIENT', 'LIST')).includes('cmd=xread'));
    expect(await on.client.exists(keysOf(run.head.id).lease)).toBe(0);
    stop.abort();
    expect((await running).code).toBe(130);
    expect(await on.client.exists(keysOf(run.head.id).log)).toBe(0);
    expect(stage.attempts).toEqual([]);
  });
});

describe('a worker', () => {
  it('ends with 0 when it is told to stop, and names what it serves', async () => {
    await provision(['arm', 'vm1', '--yes', '--engine', url()]);
    const stop = new AbortController();
    const running = provision(['worker', '--forks', '3', '--engine', url()], stop);
    await until('it to be there', () => texts.err.includes('takes work, 3 guests at a time'));
    stop.abort();
    const { code, err } = await running;
    expect(code).toBe(0);
    expect(err).toContain('serves guests that are dialled directly');
  });
});
