import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event, EventKind } from '../../src/events.ts';
import { clientOf, SNAPSHOT } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

/** The lab's guests share the machine's memory, so its pressure is not theirs. */
const SETTINGS = ['blocked=4s', 'every=1s', 'memory_full=never'].flatMap((setting) => [
  '--set',
  `trace.watch.${setting}`,
]);
const STORE = '/var/lib/provision/evidence';

let lab: Lab;
let to = '';
let provision: (command: string, ...args: string[]) => Promise<Ran>;
const inGuest = async (name: string, text: string): Promise<string> => (await lab.exec(name, text)).stdout.trim();
const until = async (name: string, text: string): Promise<void> => {
  const { code } = await lab.exec(name, `for i in $(seq 600); do ${text} && exit 0; sleep 0.1; done; exit 1`);
  expect(code, `never: ${text}\n${await inGuest(name, 'journalctl -u provision-watch --no-pager | tail -20')}`).toBe(0);
};
const events = <K extends EventKind>({ stdout }: Ran, kind: K): Extract<Event, { kind: K }>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);

/**
 * A process that is called Xorg and is in D state for so long, and then goes on: with CLONE_VFORK alone a parent waits,
 * unkillably for all to see, until its child ends, and shares no memory with it.
 */
const hang = (seconds: number): string => `case $(uname -m) in aarch64) clone=220 ;; *) clone=56 ;; esac
clone=$clone perl -e '$0 = "Xorg"; my $r = syscall($ENV{clone}, 0x4000 | 17, 0, 0, 0, 0);
  if ($r == 0) { sleep ${seconds}; exit 0 } sleep 600' >/dev/null 2>&1 &`;

beforeAll(async () => {
  lab = await labUp({ count: 2, kind: 'full' });
  provision = clientOf(lab);
  to = mkdtempSync(join(tmpdir(), 'evidence-'));
});

afterAll(async () => {
  rmSync(to, { recursive: true });
  await lab.down();
});

describe('a guest that is watched', () => {
  let original = '';

  it('runs the watcher after an apply, and a second apply has nothing to do', async () => {
    original = await inGuest('vm1', SNAPSHOT);
    const applied = await provision('apply', 'trace-stalls', 'vm1', ...SETTINGS);
    expect(applied.code, applied.stdout).toBe(0);
    expect(await inGuest('vm1', 'systemctl is-active provision-watch')).toBe('active');
    expect((await provision('verify', 'trace-stalls', 'vm1', ...SETTINGS)).code).toBe(0);
    expect((await provision('apply', 'trace-stalls', 'vm1', ...SETTINGS)).stdout).toContain('as desired');
  });

  it('has nothing to show while nothing hangs', async () => {
    const { code, stdout } = await provision('evidence', 'list', 'vm1');
    expect(code).toBe(0);
    expect(stdout).toContain('vm1  no evidence; the watcher runs, and nothing hung');
    expect((await provision('evidence', 'explain', 'vm1')).stdout).toContain('nothing hung');
  });

  it('keeps the stack of a task that hangs and recovers, and how long it took', async () => {
    await lab.exec('vm1', hang(14));
    await until('vm1', `[ -e ${STORE}/000001-*/stacks.gz ]`);
    await until('vm1', `grep -q ' woke Xorg' ${STORE}/000001-*/ended`);
    const [answer] = events(await provision('evidence', 'list', 'vm1', '--json'), 'guest.evidence');
    const piece = answer?.pieces.at(-1);
    expect(answer).toMatchObject({ watcher: 'active', bootId: piece?.about?.bootId });
    expect(piece).toMatchObject({
      place: 'disk',
      stacks: { name: 'stacks.gz' },
      about: { why: 'blocked', again: false },
    });
    const [task] = piece?.about?.tasks ?? [];
    expect(task).toMatchObject({ comm: 'Xorg', ended: { how: 'woke' } });
    expect(task?.seconds).toBeGreaterThanOrEqual(4);
    // Two looks either side, on a machine that may be busy.
    expect(task?.ended?.seconds).toBeGreaterThanOrEqual(10);
    expect(task?.ended?.seconds).toBeLessThanOrEqual(20);
  });

  it('is not told about it for every look: at once, and when it has lasted twice as long', async () => {
    const pieces = Number(await inGuest('vm1', `ls ${STORE} | wc -l`));
    expect(pieces).toBeGreaterThanOrEqual(1);
    expect(pieces).toBeLessThanOrEqual(3);
  });

  it('has it explained from where it is, leaving nothing here', async () => {
    const { code, stdout } = await provision('evidence', 'explain', 'vm1', '--entry', '1');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/Xorg \d+ blocked for \d+ s; went on after about \d+ s/);
    expect(stdout).toContain('kernel_clone');
  });

  it('hands it over once, and it reads the same here', async () => {
    const fetched = await provision('evidence', 'fetch', 'vm1', '--all', '--to', to);
    expect(fetched.code, fetched.stdout).toBe(0);
    const [name = ''] = readdirSync(join(to, 'vm1')).sort();
    expect(readdirSync(join(to, 'vm1', name)).sort()).toEqual(['about', 'ended', 'stacks.gz']);
    expect(statSync(join(to, 'vm1', name)).mode & 0o77).toBe(0);
    const again = events(
      await provision('evidence', 'fetch', 'vm1', '--all', '--to', to, '--json'),
      'guest.evidence-fetched',
    );
    expect(again.map(({ state, bytes }) => [state, bytes])).toEqual(again.map(() => ['present', 0]));
    const [local] = events(
      await provision('evidence', 'explain', join(to, 'vm1', name), '--json'),
      'guest.evidence-explained',
    );
    expect(local).toMatchObject({ guest: 'vm1', problem: null, path: join(to, 'vm1', name) });
    expect(local?.groups[0]?.functions.join()).toContain('kernel_clone');
  });

  it.each([
    [['evidence', 'fetch', 'vm1', '--entry', '99'], 1, /there is no evidence 99 on the guest/],
    [['evidence', 'fetch', 'vm1', '--all', '--latest'], 2, /do not go together/],
    [['evidence', 'show'], 2, /evidence has no "show"/],
    [['evidence', 'explain', '/etc/hostname'], 2, /is no evidence/],
  ] as const)('%j is refused', async ([command, ...args], code, says) => {
    const ran = await provision(command, ...args);
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([code, expect.stringMatching(says)]);
  });

  it('is watched after a boot too, and the numbers go on', async () => {
    const last = Number(await inGuest('vm1', `ls ${STORE} | tail -1 | cut -c1-6`));
    await lab.kill('vm1');
    await lab.start('vm1');
    await until('vm1', 'systemctl is-active --quiet provision-watch');
    expect((await provision('evidence', 'list', 'vm1')).stdout).toContain('before the last boot');
    await lab.exec('vm1', hang(60));
    const next = String(last + 1).padStart(6, '0');
    await until('vm1', `[ -e ${STORE}/${next}-*/stacks.gz ]`);
  });

  it('keeps the evidence over a rollback, which leaves all else as it was', async () => {
    const { code, stdout } = await provision('rollback', 'vm1');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/\d pieces of evidence will be left/);
    expect(await inGuest('vm1', SNAPSHOT)).toBe(`${original}\nevidence`.trim());
    expect(await inGuest('vm1', 'systemctl is-active provision-watch; pgrep -c awk')).toBe('inactive\n0');
    expect((await provision('evidence', 'list', 'vm1')).stdout).toContain('no watcher runs');
  });

  it('loses it to a rollback with --purge, and is as it was, byte for byte', async () => {
    const { code, stdout } = await provision('rollback', 'vm1', '--purge');
    expect(code, stdout).toBe(0);
    expect(await inGuest('vm1', SNAPSHOT)).toBe(original);
    expect((await provision('rollback', 'vm1', '--purge')).stdout).toContain('as desired');
  });
});

it('a guest on which nothing hung is as it was after a rollback, byte for byte', async () => {
  const before = await inGuest('vm2', SNAPSHOT);
  expect((await provision('apply', 'trace-stalls', 'vm2', ...SETTINGS)).code).toBe(0);
  expect((await provision('rollback', 'vm2')).code).toBe(0);
  expect(await inGuest('vm2', SNAPSHOT)).toBe(before);
});

it('another profile takes the watcher away and leaves the evidence', async () => {
  expect((await provision('apply', 'trace-stalls', 'vm2', ...SETTINGS)).code).toBe(0);
  await lab.exec('vm2', hang(60));
  await until('vm2', `[ -e ${STORE}/000001-*/stacks.gz ]`);
  const applied = await provision('apply', 'sysrq', 'vm2');
  expect(applied.code, applied.stdout).toBe(0);
  expect(
    await inGuest(
      'vm2',
      'ls /usr/local/lib/provision /etc/provision 2>&1 | grep -c watch; systemctl is-active provision-watch',
    ),
  ).toBe('0\ninactive');
  expect(await inGuest('vm2', `ls ${STORE}`)).toContain('000001-');
  expect((await provision('verify', 'sysrq', 'vm2')).code).toBe(0);
  expect((await provision('rollback', 'vm2', '--purge')).code).toBe(0);
  expect(await inGuest('vm2', 'ls -A /var/lib/provision 2>&1')).toContain('No such file');
});
