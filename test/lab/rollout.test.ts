import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { blackHole, type BlackHole } from './support/black-hole.ts';
import { clientOf } from './support/client.ts';
import { labUp, type Lab, type LabGuest, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const LIGHT = ['--yes', '--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];
/** Guests that have nothing wrong with them, beside seven that have. */
const GOOD = 93;

let lab: Lab;
let hole: BlackHole;
let provision: (command: string, ...args: string[]) => Promise<Ran>;

beforeAll(async () => {
  lab = await labUp({ count: GOOD, prefix: 'vm' });
  hole = await blackHole();
  provision = clientOf(lab, { PROVISION_PASSWORD: 'not the password' });
});

afterAll(async () => {
  await hole.close();
  await lab.down();
});

const connections = (name: string): number => lab.sshdLog(name).match(/^Connection from /gm)?.length ?? 0;
const eventsOf = ({ stdout }: Ran): Event[] => stdout.trim().split('\n').map((line) => JSON.parse(line) as Event); // prettier-ignore
type Finished = Extract<Event, { kind: 'guest.finished' }>;
const endings = (ran: Ran): Map<string, Finished> =>
  new Map(eventsOf(ran).flatMap((event) => (event.kind === 'guest.finished' ? [[event.guest, event]] : [])));
const guest = (name: string): LabGuest => lab.guests.find((each) => each.name === name) ?? expect.fail(name);

/** A plan is held up in this guest, at the step that writes a sysctl fragment, until it is let go. */
async function holdUp(name: string): Promise<void> {
  const held = 'touch /tmp/held; while [ ! -e /tmp/go ]; do sleep 0.1; done';
  const script = `#!/bin/sh\ncase "$*" in *" /etc/sysctl.d/"*) ${held} ;; esac\nexec /usr/bin/mv.real "$@"\n`;
  const { code } = await lab.exec(name, `mv /usr/bin/mv /usr/bin/mv.real; printf '%s' '${script}' >/usr/bin/mv; chmod 755 /usr/bin/mv`); // prettier-ignore
  expect(code).toBe(0);
}
const whenHeld = async (name: string): Promise<void> => {
  const { code } = await lab.exec(name, 'for i in $(seq 600); do [ -e /tmp/held ] && exit; sleep 0.1; done; exit 1');
  expect(code, `${name} was never held up`).toBe(0);
};
const letGo = (name: string): Promise<Ran> => lab.exec(name, 'touch /tmp/go');

it('a canary that fails ends it, and no other guest sees a connection', async () => {
  await lab.kill('vm1');
  const before = lab.guests.map(({ name }) => connections(name));
  const ran = await provision('apply', 'debug-panic', ...LIGHT, '--canary', '1', '--json');
  expect(ran.code, ran.stderr).toBe(1);
  const ended = endings(ran);
  expect(ended.get('vm1')).toMatchObject({ outcome: 'unreachable', error: { code: 'E_UNREACHABLE' } });
  expect(ended.get('vm2')).toMatchObject({ outcome: 'not-begun', reason: 'not begun: the canary vm1 failed' });
  expect([...ended.values()].filter(({ outcome }) => outcome === 'not-begun')).toHaveLength(GOOD - 1);
  expect(lab.guests.map(({ name }) => connections(name))).toEqual(before);
  await lab.start('vm1');
});

it('a canary that is well, a gate, a command, and then the rest', async () => {
  const asked = join(lab.directory, 'asked');
  const command = `printf '%s\\n' "$PROVISION_BATCH: $PROVISION_GUESTS" >>'${asked}'; [ "$PROVISION_BATCH" = canary ]`;
  const few = ['vm1', 'vm2', 'vm3', 'vm4', 'vm5'];
  const how = ['--canary', '1', '--batch', '2', '--pause', '100ms', '--gate', '--gate-command', command];
  const ran = await provision('apply', 'debug-panic', ...few, ...LIGHT, ...how, '--json');
  expect(ran.code, ran.stdout).toBe(1);
  expect(readFileSync(asked, 'utf8')).toBe('canary: vm1\nbatch 2 of 3: vm2 vm3\n');
  const kinds = eventsOf(ran).flatMap(({ kind }) => (/^(?:batch|rollout)\./.test(kind) ? [kind] : []));
  const batch = ['batch.started', 'batch.finished', 'rollout.paused', 'rollout.gate'];
  expect(kinds).toEqual([...batch, ...batch, 'rollout.stopped']);
  expect(endings(ran).get('vm4')?.reason).toContain("the gate's command ended with 1");
  // One connection for the apply, and one for the gate.
  expect(connections('vm1')).toBe(2);
  expect(connections('vm4')).toBe(0);
});

describe('Ctrl-C', () => {
  /** An apply on two guests, one at a time, of which the first is held up; interrupted so many times. */
  async function interrupted(name: string, times: number, then: () => Promise<unknown>): Promise<Ran> {
    await holdUp(name);
    const env = { ...process.env, HOME: lab.directory, PROVISION_INVENTORY: lab.inventory };
    const args = [MAIN, 'apply', 'debug-panic', name, 'vm20', '-F', join(lab.directory, 'ssh_config'), ...LIGHT];
    const child = spawn(process.execPath, [...args, '--forks', '1', '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ran = { code: -1, stdout: '', stderr: '' };
    const ended = new Promise((resolve) => child.on('close', resolve));
    const stopped = new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        ran.stdout += text.toString();
        if (ran.stdout.includes('"rollout.stopped"')) resolve();
      });
    });
    child.stderr.on('data', (text: Buffer) => (ran.stderr += text.toString()));
    await whenHeld(name);
    child.kill('SIGINT');
    await stopped;
    if (times > 1) child.kill('SIGINT');
    await then();
    return { ...ran, code: (await ended) as number, stdout: ran.stdout };
  }

  it('lets the running guest finish, and begins no other', async () => {
    const ran = await interrupted('vm10', 1, () => letGo('vm10'));
    expect(ran.code).toBe(130);
    expect(endings(ran).get('vm10')?.outcome).toBe('changed');
    expect(endings(ran).get('vm20')?.outcome).toBe('not-begun');
    expect(connections('vm20')).toBe(0);
  });

  it('a second time leaves it; what was begun goes on there, and the same command picks it up', async () => {
    const ran = await interrupted('vm11', 2, () => Promise.resolve());
    expect(ran.code).toBe(130);
    const { outcome, error } = endings(ran).get('vm11') ?? {};
    expect([outcome, error?.code]).toEqual(['interrupted', 'E_INTERRUPTED']);
    expect(error?.hint).toContain('what was begun goes on there');
    expect(eventsOf(ran).at(-1)).toMatchObject({ kind: 'run.finished', exitCode: 130 });
    const again = provision('apply', 'debug-panic', 'vm11', ...LIGHT, '--json');
    await letGo('vm11');
    expect((await again).code, (await again).stdout).toBe(0);
    expect(endings(await again).get('vm11')?.outcome).toBe('converged');
  });
});

it('a step that takes too long is named, and holds up nobody', async () => {
  await holdUp('vm12');
  const ran = await provision('apply', 'debug-panic', 'vm12', 'vm13', ...LIGHT, '--step-timeout', '3s', '--json');
  expect(ran.code, ran.stdout).toBe(1);
  const { outcome, error } = endings(ran).get('vm12') ?? {};
  expect([outcome, error?.code, error?.step]).toEqual(['failed', 'E_DEADLINE', expect.stringContaining('sysctl.d')]);
  expect(error?.hint).toContain('what was begun goes on there');
  expect(endings(ran).get('vm13')?.outcome).toBe('changed');
  await letGo('vm12');
});

it(`seven guests are bad, each in its own way: the other ${GOOD} converge, each of the seven is named with its cause, and a resume does exactly those seven`, async () => {
  for (const [prefix, odd] of [
    ['full', 'full-disk'],
    ['secret', 'password-only'],
    ['refuse', ''],
    ['other', ''],
    ['hang', ''],
    ['die', ''],
  ] as const)
    // prettier-ignore
    await lab.up({ count: 1, prefix, odd });
  await lab.kill('refuse1');
  const known = readFileSync(lab.knownHosts, 'utf8');
  const keyOf = (name: string): string =>
    known.split('\n').find((line) => line.startsWith(`[${guest(name).host}]:`)) ?? expect.fail(name);
  const wrong = keyOf('vm1').replace(guest('vm1').host, guest('other1').host);
  writeFileSync(lab.knownHosts, known.replace(keyOf('other1'), wrong));
  const shell = "printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/local/bin/hang; chmod 755 /usr/local/bin/hang; sed -i '/^root:/s,[^:]*$,/usr/local/bin/hang,' /etc/passwd"; // prettier-ignore
  expect((await lab.exec('hang1', shell)).code).toBe(0);
  await holdUp('die1');
  const more = join(lab.directory, 'hole.yaml');
  writeFileSync(more, `guests: { hole: { host: 127.0.0.1, port: ${hole.port}, user: root } }\n`);

  const limits = ['--timeout', '20s', '--guest-timeout', '60s', '--max-failures', '8'];
  const inventories = ['-i', lab.inventory, '-i', more];
  const started = Date.now();
  const running = provision(
    'apply',
    'debug-panic',
    ...inventories,
    ...LIGHT,
    ...limits,
    '-k',
    '--forks',
    '110',
    '--json',
  );
  await whenHeld('die1');
  await lab.kill('die1');
  const ran = await running;
  const seconds = (Date.now() - started) / 1000;

  expect(ran.code).toBe(1);
  const ended = endings(ran);
  expect(ended.size).toBe(GOOD + 7);
  const sound = [...ended.values()].filter(({ outcome }) => outcome === 'changed' || outcome === 'converged');
  expect(sound).toHaveLength(GOOD);
  const bad = [...ended.values()].filter((each) => !sound.includes(each));
  const told = Object.fromEntries(bad.map(({ guest: name, outcome, error }) => [name, [outcome, error?.code]]));
  expect(told).toEqual({
    refuse1: ['unreachable', 'E_UNREACHABLE'],
    hole: ['unreachable', 'E_TIMEOUT'],
    other1: ['unreachable', 'E_HOST_KEY_CHANGED'],
    secret1: ['unreachable', 'E_AUTH'],
    hang1: ['failed', 'E_TIMEOUT'],
    die1: ['failed', 'E_CONNECTION_LOST'],
    full1: ['failed', 'E_DISK_FULL'],
  });
  // Each is told in its own words, with what to do about it.
  expect(new Set(bad.map(({ error }) => error?.message)).size).toBe(7);
  expect(bad.filter(({ error }) => error?.hint === undefined)).toEqual([]);
  // Five of them use up a limit of time; one after the other they would take three minutes.
  expect(seconds).toBeLessThan(120);

  // Three are mended: one is up again, one came back by itself, one has its key on record.
  await lab.start('refuse1', 'die1');
  writeFileSync(lab.knownHosts, known);
  await letGo('die1');
  const before = new Map(lab.guests.map(({ name }) => [name, connections(name)]));
  const resumed = await provision('runs', 'resume', '-k', '--timeout', '20s', '--json');
  const touched = lab.guests.map(({ name }) => name).filter((name) => connections(name) > (before.get(name) ?? 0));
  expect(resumed.code, resumed.stderr).toBe(1);
  // One is no guest of the lab and cannot count: it is a black hole.
  expect([...endings(resumed).keys()].sort()).toEqual([...Object.keys(told)].sort());
  expect(touched.sort()).toEqual(
    Object.keys(told)
      .filter((name) => name !== 'hole')
      .sort(),
  );
  const now = Object.fromEntries([...endings(resumed)].map(([name, { outcome, error }]) => [name, error?.code ?? outcome])); // prettier-ignore
  expect(now).toEqual({
    refuse1: 'changed',
    hole: 'E_TIMEOUT',
    other1: 'changed',
    secret1: 'E_AUTH',
    hang1: 'E_TIMEOUT',
    die1: 'changed',
    full1: 'E_DISK_FULL',
  });
});
