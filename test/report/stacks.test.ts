import { describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import type { Collection } from '../../src/investigate/collection/collection.ts';
import { foldStacks, tellTasks } from '../../src/investigate/stacks/fold.ts';
import { tasksOf } from '../../src/investigate/stacks/work.ts';
import { collection, explain, task } from '../investigate/stacks/support/looks.ts';
import { finished, show } from './plans.ts';

function page(looks: Readonly<Record<string, Collection>>, verbosity: -1 | 0 | 1 = 0): string {
  const guests = Object.keys(looks);
  const groups = foldStacks(
    Object.entries(looks).map(([guest, look]) => ({ guest, tasks: tasksOf(look) })),
    explain,
  );
  const events: Event[] = [
    { kind: 'run.started', command: 'stacks', guests },
    ...Object.entries(looks).map(([guest, look]): Event => ({
      kind: 'guest.stacks',
      guest,
      round: 1,
      stacks: tellTasks(look, groups),
    })),
    ...guests.map((guest) => finished(guest, 'converged')),
    ...groups.map((group): Event => ({ kind: 'stacks.group', ...group })),
    { kind: 'run.finished', outcomes: { converged: guests.length }, exitCode: 0, ms: 400 },
  ];
  return show(events, { command: 'stacks', verbosity }).stdout;
}

const blocked = (...tasks: ReturnType<typeof task>[]): Collection => collection({ blocked: tasks });

describe('stacks', () => {
  it('shows one task with what there is to know of it', () => {
    const text = page({ vm1: blocked(task({ tid: 12, comm: 'InputThread', parent: { pid: 900, comm: 'lightdm' } })) });
    expect(text).toContain('vm1: InputThread 12 blocked for 1 min');
    expect(text).toMatch(/Xorg 10, thread InputThread 12 +1 min +child of lightdm 900 +CPU 0 +hung_task counts it/);
    expect(text).toMatch(/percpu_rwsem_wait[^]*mnt_want_write[^]*path_openat/);
    expect(text).toContain('1 blocked of 100 threads; 6.1.0-56-amd64');
    expect(text).toContain('after 120 s, no panic, 10 warnings left');
  });

  it('folds guests into one block, and names them as a set', () => {
    const looks = Object.fromEntries(
      Array.from({ length: 18 }, (_, at) => [`vm${at + 1}`, blocked(task({ tid: at + 1, seconds: at }))]),
    );
    const text = page(looks);
    expect(text).toContain('18 guests: same stack, 18 tasks blocked, the longest for 17 s');
    expect(text).toContain('vm[1-18]');
    expect(text).toContain('and 10 more: -v shows all');
    expect(text.match(/percpu_rwsem_wait/g)).toHaveLength(1);
    expect(page(looks, 1).match(/hung_task counts it/g)).toHaveLength(18);
  });

  it('says who is calm in one line, and what is remarkable of the others', () => {
    const text = page({
      vm1: blocked(task()),
      vm2: collection(),
      vm3: collection(),
      vm4: collection(),
      vm5: collection({
        unread: [{ what: 'stack', reason: 'deadline', count: 3, such: ['/proc/7/task/7/stack'] }],
        context: {
          ...collection().context,
          pressure: { memory: { some10: 50, some60: 1, full10: 12.5, full60: 1 } },
        },
      }),
    });
    expect(text).toContain('vm2 vm3 vm4: nobody is blocked');
    expect(text).toMatch(/vm5 .*nobody is blocked of 100 threads/);
    expect(text).toContain('3 x stack: no answer in time, such as /proc/7/task/7/stack');
    expect(text).toContain('memory: all tasks waited for 12.5 % of 10 s');
  });

  it('tells a user who is not root what is missing, and still who waits where', () => {
    const text = page({
      vm1: {
        ...blocked(task({ functions: [], trace: null, wchan: 'io_schedule', hungTask: null })),
        root: false,
        unread: [{ what: 'stack', reason: 'refused', count: 1, such: ['/proc/self/stack'] }],
      },
    });
    expect(text).toContain('in io_schedule, no stack could be read');
    expect(text).toContain('stack: root alone may see it (-u root, or -b)');
  });

  it('prints nothing that a name could do to a terminal', () => {
    const evil = '\u001b]0;x\u0007\u202e';
    const text = page({ vm1: blocked(task({ comm: evil, process: evil, parent: { pid: 1, comm: evil } })) });
    expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  it('is one line a stack when it is to be quiet', () => {
    expect(page({ vm1: blocked(task()) }, -1).split('\n')[0]).toBe('vm1: Xorg 10 blocked for 1 min');
  });
});

describe('a watch', () => {
  const [group] = foldStacks([{ guest: 'vm1', tasks: [task()] }], explain);
  const change = (round: number, appeared: boolean, gone: boolean): Event => ({
    kind: 'stacks.changed',
    guest: 'vm1',
    round,
    appeared: appeared ? [group!] : [],
    gone: gone ? [group!] : [],
  });
  it('prints what is new and what is gone, and is silent where nothing changed', () => {
    const { stdout } = show([
      change(1, false, false),
      change(2, true, false),
      change(3, false, false),
      change(4, false, true),
    ]);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'vm1  nobody is blocked',
      'vm1  + 1 task (Xorg)  1 min  percpu_rwsem_wait < mnt_want_write < path_openat',
      'vm1  - 1 task (Xorg)  after 1 min  percpu_rwsem_wait < mnt_want_write < path_openat',
    ]);
  });
});

describe('doctor', () => {
  it('is a page with the command that mends each thing, whole', () => {
    const { stdout } = show([
      {
        kind: 'guest.doctor',
        guest: 'vm1',
        checks: [
          { topic: 'kernel', level: 'ok', text: '6.1', mend: null },
          { topic: 'kdump', level: 'bad', text: 'no memory is reserved', mend: 'provision apply kdump vm1 --reboot' },
          { topic: 'headers', level: 'warn', text: 'none', mend: 'guest$ apt-get install x' },
        ],
      },
    ]);
    expect(stdout).toContain('vm1  cannot be debugged as it is: 1 thing to mend, 1 thing could be better');
    expect(stdout).toMatch(/ {2}BAD {3}kdump +no memory is reserved\n +-> provision apply kdump vm1 --reboot\n/);
    expect(stdout).toMatch(/ {2}ok {4}kernel +6\.1\n/);
  });
});
