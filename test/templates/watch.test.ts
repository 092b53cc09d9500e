import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import type { DesiredWatch } from '../../src/profile/watch.ts';
import { shippedPath } from '../../src/shipped/files.ts';
import { WatchRun, type FakeTask, type Moment, type Piece } from './support/watch-run.ts';

let run: WatchRun | undefined;
afterEach(() => {
  run?.close();
  run = undefined;
});

const blocked = (changes: Partial<FakeTask> = {}): FakeTask => ({ tid: 1458, state: 'D', ...changes });
/** Looks every five seconds from `from` to `to`, each with these tasks. */
const looks = (from: number, to: number, ...tasks: readonly FakeTask[]): Moment[] =>
  Array.from({ length: (to - from) / 5 + 1 }, (_none, index) => ({ up: 1000 + from + 5 * index, tasks }));

function watch(moments: readonly Moment[], changes: Partial<DesiredWatch> = {}): Piece[] {
  run = new WatchRun(changes);
  run.watch(moments);
  return run.pieces();
}
const tasksOf = (pieces: readonly Piece[]): string[][] =>
  pieces.map(({ about }) => about.filter((line) => line.startsWith('task ')));

describe('a task that is blocked', () => {
  it('is evidence once it has been so for long enough, with all that says when and where', () => {
    const [piece, ...more] = watch([...looks(0, 30, blocked()), ...looks(35, 35)]);
    expect(more).toEqual([]);
    expect(piece?.name).toMatch(/^000001-\d{8}T\d{6}Z-blocked$/);
    expect(piece?.about).toEqual([
      'format 1',
      expect.stringMatching(/^now \d+$/),
      'boot_id b001-1',
      'kernel 6.1.0-56-amd64',
      'version #1 SMP',
      'hostname vm1',
      'uptime 1030.00',
      'limit 30',
      'why blocked',
      'task 1458 100 30 Xorg',
    ]);
    expect(piece?.stacks).toBe('## threads\nasked for <t>\n## sysrq\nworkqueues\n');
    expect(piece?.ended).toEqual(['task 1458 100 35 gone Xorg']);
  });

  it.each<[string, Moment[]]>([
    ['not for long enough', [...looks(0, 25, blocked()), ...looks(30, 60)]],
    ['again and again, and runs in between', looks(0, 100).map((moment, at) => ({ ...moment, tasks: [blocked({ switches: at })] }))],
    ['only to stat: it is gone on by the time one looks closer', looks(0, 100, blocked({ stateThen: 'S' }))],
    ['in another state than D', looks(0, 100, blocked({ state: 'S' }), blocked({ tid: 8, state: 'I' }), blocked({ tid: 9, state: 'T' }))],
    ['under an id that another process has by now', [...looks(0, 15, blocked()), ...looks(20, 40, blocked({ start: 101 }))]],
    ['put to sleep on purpose', looks(0, 100, blocked({ wchan: '__refrigerator' }))],
  ])('is none when it is blocked %s', (_name, moments) => {
    expect(watch(moments)).toEqual([]);
  });

  it('is one whose thread is not the first of its process', () => {
    expect(tasksOf(watch(looks(0, 30, blocked({ tgid: 1400, comm: 'Xorg:gdrv0' }))))).toEqual([['task 1458 100 30 Xorg:gdrv0']]);
  });

  it.each([
    ['a blank', 'Web Content'],
    ['parentheses', 'a) S 1 (b'],
    ['what looks like the line of another', '7 (x) D 1'],
    ['an unpaired one', ')('],
  ])('is told by a name that holds %s', (_what, comm) => {
    expect(tasksOf(watch(looks(0, 30, blocked({ comm }))))).toEqual([[`task 1458 100 30 ${comm}`]]);
  });

  it('whose name holds a line break is found, with a ? in its place', () => {
    expect(tasksOf(watch(looks(0, 30, blocked({ comm: 'X\norg' }))))).toEqual([['task 1458 100 30 X?org']]);
  });

  it('is evidence again each time it has lasted twice as long, without the workqueues', () => {
    const pieces = watch(looks(0, 130, blocked()));
    expect(tasksOf(pieces)).toEqual([30, 60, 120].map((seconds) => [`task 1458 100 ${seconds} Xorg`]));
    expect(pieces.map(({ about }) => about.includes('again yes'))).toEqual([false, true, true]);
    expect(pieces.map(({ stacks }) => stacks.includes('workqueues'))).toEqual([true, false, false]);
  });

  it('tells each piece about it how long it lasted, and that it went on by itself', () => {
    const pieces = watch([...looks(0, 65, blocked()), ...looks(70, 75, blocked({ switches: 8 }))]);
    expect(pieces.map(({ ended }) => ended)).toEqual([['task 1458 100 70 woke Xorg'], ['task 1458 100 70 woke Xorg']]);
  });

  it.each([
    ['woke', 'runs again', blocked({ state: 'S' })],
    ['woke', 'is blocked anew', blocked({ switches: 8 })],
    ['gone', 'has given its id to another', blocked({ state: 'S', start: 101 })],
  ])('ended as %s when it %s', (how, _what, after) => {
    const [piece] = watch([...looks(0, 30, blocked()), ...looks(35, 40, after)]);
    expect(piece?.ended).toEqual([`task 1458 100 35 ${how} Xorg`]);
  });

  it('takes the ones along that are blocked behind it, in one piece', () => {
    const all = [blocked(), ...[1, 2, 3].map((n) => blocked({ tid: 2000 + n, comm: `waiter${n}` }))];
    const [first, ...more] = watch([...looks(0, 10, blocked()), ...looks(15, 45, ...all)]);
    expect(more).toEqual([]);
    expect(tasksOf([first!])[0]!.sort()).toEqual([
      'task 1458 100 30 Xorg',
      ...[1, 2, 3].map((n) => `task 200${n} 100 15 waiter${n}`),
    ]);
  });

  it('does not fill the disk with the many that come one by one', () => {
    // In each look one more has been blocked for long enough, and the one before it is gone.
    const moments = looks(0, 400).map((moment, at) => ({
      ...moment,
      tasks: Array.from({ length: 7 }, (_none, n) => blocked({ tid: 2000 + at + n })),
    }));
    // Four, and one more in five minutes.
    expect(watch(moments)).toHaveLength(5);
  });
});

describe('time', () => {
  it('that the machine slept is not time that a task was blocked', () => {
    const asleep = (moments: Moment[], seconds: number): Moment[] => moments.map((moment) => ({ ...moment, asleep: seconds }));
    const night = [...asleep(looks(0, 10, blocked()), 0), ...asleep(looks(30000, 30010, blocked()), 29985)];
    expect(watch(night)).toEqual([]);
  });

  it('is not counted where nobody can tell whether it slept', () => {
    expect(watch([...looks(0, 10, blocked()), ...looks(30000, 30010, blocked())])).toEqual([]);
  });

  it('that the watcher itself was held up is', () => {
    const busy = [...looks(0, 10, blocked()), ...looks(100, 100, blocked())].map((moment) => ({ ...moment, asleep: 500 }));
    expect(tasksOf(watch(busy))).toEqual([['task 1458 100 100 Xorg']]);
  });
});

describe('pressure', () => {
  const pressed = (...memory: readonly number[]): Moment[] => memory.map((full, at) => ({ up: 1000 + 5 * at, memory: full }));

  it('of memory is evidence at once, and its end tells how long and how bad it was', () => {
    const [piece, ...more] = watch(pressed(0, 19.9, 20, 45.5, 12, 9.9, 0));
    expect(more).toEqual([]);
    expect(piece?.name).toMatch(/-memory$/);
    expect(piece?.about).toContain('pressure memory 0 20');
    expect(piece?.ended).toEqual(['memory 15 45.5']);
  });

  it('that lasts is evidence again, ever more rarely', () => {
    const pieces = watch(pressed(...Array.from({ length: 40 }, () => 50)));
    expect(pieces.map(({ about }) => about.find((line) => line.startsWith('pressure ')))).toEqual(
      [0, 30, 60, 120].map((seconds) => `pressure memory ${seconds} 50`),
    );
  });

  it('of disks counts only where it is asked for', () => {
    const moments = [{ up: 1000, memory: 0, io: 80 }];
    expect(watch(moments)).toEqual([]);
    run?.close();
    expect(watch(moments, { ioFull: 60 })[0]?.about).toContain('pressure io 0 80');
  });

  it('is left alone where nobody asked, and where the kernel has none', () => {
    expect(watch(pressed(99, 99), { memoryFull: null })).toEqual([]);
    run?.close();
    expect(watch(looks(0, 10))).toEqual([]);
    expect(run?.stderr).toContain('this kernel tells no pressure');
  });
});

describe('what is kept', () => {
  const hang = looks(0, 30, blocked());
  const old = (name: string, bytes: number): void => {
    mkdirSync(run!.at(`var/lib/provision/evidence/${name}`), { recursive: true });
    writeFileSync(run!.at(`var/lib/provision/evidence/${name}/stacks.gz`), Buffer.alloc(bytes, 1));
  };

  it('is for root alone', () => {
    watch(hang);
    const place = run!.at(`var/lib/provision/evidence/${run!.names()[0]!}`);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(place)) expect(statSync(join(place, file)).mode & 0o777, file).toBe(0o600);
  });

  it('goes oldest first when there is one too many, whatever the clock said', () => {
    run = new WatchRun({ keep: 3 });
    for (const name of ['000008-20301231T000000Z-blocked', '000009-20200101T000000Z-memory', '000010-20200101T000001Z-blocked'])
      old(name, 10);
    run.watch(hang);
    expect(run.names().map((name) => name.slice(0, 6))).toEqual(['000009', '000010', '000011']);
  });

  it('never takes more than its share of the disk', () => {
    run = new WatchRun({ maxKiB: 1024 });
    for (const number of ['1', '2', '3']) old(`00000${number}-20200101T000000Z-blocked`, 400_000);
    run.watch(hang);
    expect(run.names().map((name) => name.slice(0, 6))).toEqual(['000002', '000003', '000004'].slice(-run.names().length));
    const used = spawnSync('du', ['-sk', run.at('var/lib/provision/evidence')], { encoding: 'utf8' }).stdout;
    expect(Number.parseInt(used, 10)).toBeLessThanOrEqual(1024);
  });

  it('is the header alone where the stacks are more than all that may be kept', () => {
    run = new WatchRun({ maxKiB: 1024 });
    run.program('stacks', 'section threads\nhead -c 3000000 /dev/urandom\nfinish=0\n');
    run.watch(hang);
    const [piece] = run.pieces();
    expect(piece?.stacks).toBe('');
    expect(piece?.about.at(-1)).toMatch(/^dropped \d+$/);
    expect(tasksOf([piece!])).toEqual([['task 1458 100 30 Xorg']]);
  });

  it('stays in memory while the disk is too full, and gets there later', () => {
    run = new WatchRun();
    run.write('bin/stat', '#!/bin/sh\necho 100 4096\n');
    spawnSync('chmod', ['755', run.at('bin/stat')]);
    run.watch(hang);
    expect(run.names()).toEqual([]);
    expect(run.stderr).toContain('no room on the disk');
    expect(readdirSync(run.at('run/provision/evidence')).filter((name) => /^\d/.test(name))).toHaveLength(1);
    spawnSync('rm', [run.at('bin/stat')]);
    run.evidence('tidy');
    expect(tasksOf(run.pieces())).toEqual([['task 1458 100 30 Xorg']]);
  });

  it('is whole where the collection does not end well', () => {
    run = new WatchRun();
    run.program('stacks', 'section threads\necho half\nkill -9 $$\n');
    run.watch([...hang, ...looks(35, 35)]);
    const [piece] = run.pieces();
    expect(piece?.stacks).toBe('## threads\nhalf\n');
    expect(piece?.ended).toEqual(['task 1458 100 35 gone Xorg']);
  });

  it('half written by one that was killed is removed by the next', () => {
    run = new WatchRun();
    run.write('var/lib/provision/evidence/.new-000001-x/about', 'x');
    run.write('run/provision/evidence/.new-000002-x/about', 'x');
    run.watch(looks(0, 5));
    expect(readdirSync(run.at('var/lib/provision/evidence')).filter((name) => name.startsWith('.new'))).toEqual([]);
  });

  it('leaves nothing in memory once it is on the disk', () => {
    watch(hang);
    expect(readdirSync(run!.at('run/provision'))).toEqual([]);
  });
});

describe.each(['mawk', 'gawk', 'original-awk', 'busybox awk'])('%s', (awk) => {
  const isHere = spawnSync('sh', ['-c', `${awk} 'BEGIN { exit 0 }'`]).status === 0;

  it.runIf(isHere)('sees the same', () => {
    run = new WatchRun();
    run.write('bin/awk', `#!/bin/sh\nexec ${awk} "$@"\n`);
    spawnSync('chmod', ['755', run.at('bin/awk')]);
    const moments = [...looks(0, 65, blocked({ comm: 'a) D 1 (b', start: 9_876_543_210 })), ...looks(70, 70)];
    run.watch(moments.map((moment) => ({ ...moment, memory: 0, asleep: 3 })));
    const pieces = run.pieces();
    expect(tasksOf(pieces)).toEqual([30, 60].map((seconds) => [`task 1458 9876543210 ${seconds} a) D 1 (b`]));
    expect(pieces.map(({ ended }) => ended)).toEqual(pieces.map(() => ['task 1458 9876543210 70 gone a) D 1 (b']));
    expect(run.stderr).not.toMatch(/awk:/);
  });
});

describe('a look', () => {
  it('is as often as was asked', () => {
    watch(looks(0, 20), { every: 7 });
    expect(new Set(run?.slept)).toEqual(new Set(['7']));
  });

  it('goes on with processes where the threads are too many for one command line', () => {
    run = new WatchRun();
    // As the shell says it: nothing is read at all.
    run.write('bin/cat', '#!/bin/sh\ncase "$*" in *task*) exit 126 ;; esac\nexec /bin/cat "$@"\n');
    spawnSync('chmod', ['755', run.at('bin/cat')]);
    run.watch(looks(0, 40, blocked()));
    expect(run.stderr).toContain('too many threads');
  });
});

it.each(['watch', 'evidence'])('%s has nothing that shellcheck would say', (name) => {
  const { stdout, error } = spawnSync('shellcheck', ['-S', 'style', shippedPath(`templates/guest/${name}.sh`)], { encoding: 'utf8' });
  if (error === undefined) expect(stdout).toBe('');
});
