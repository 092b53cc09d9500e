import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readCollection } from '../../src/investigate/collection/read-collection.ts';
import { sectionsOfText } from '../../src/investigate/collection/sections-of-text.ts';
import type { StacksWants } from '../../src/investigate/stacks/script.ts';
import { loadWaitKinds } from '../../src/shipped/wait-kinds.ts';
import { ProcTree } from '../investigate/stacks/support/proc-tree.ts';

const KINDS = loadWaitKinds();
const FROZEN = '[<0>] percpu_rwsem_wait+0x11f/0x140\n[<0>] mnt_want_write+0x91/0xa0\n[<0>] path_openat+0xb63/0x1240\n';

let tree: ProcTree;
const collect = (wants: Partial<StacksWants> = {}, shell?: string[]) =>
  readCollection(tree.run(wants, shell), KINDS, wants.process ?? '');

beforeEach(() => {
  tree = new ProcTree();
  tree.task({ pid: 1, comm: 'systemd', parent: 0 });
});
afterEach(() => tree.remove());

describe('the collector', () => {
  it.each([['dash'], ['bash', '--posix'], ['busybox', 'sh']])('finds who is blocked, run by %s', (...shell) => {
    tree.task({ pid: 900, comm: 'lightdm' });
    tree.task({ pid: 1458, comm: 'Xorg', state: 'D', parent: 900, stack: FROZEN, ran: 700_000 });
    tree.task({ pid: 1458, tid: 1460, comm: 'InputThread', parent: 900 });
    tree.task({ pid: 30, comm: 'kworker/0:1-events', state: 'I', parent: 2, flags: 0x4208060 });
    const { blocked, threads, unread, root, context } = collect({}, [...shell, '-s']);
    expect(threads).toEqual({ listed: 5, read: 5, states: { S: 3, D: 1, I: 1 } });
    expect([root, unread, context.memory['MemAvailable']]).toEqual([true, [], 1_024_000]);
    expect(blocked).toHaveLength(1);
    const { trace, ...task } = blocked[0]!;
    expect(task).toEqual({
      pid: 1458,
      tid: 1458,
      comm: 'Xorg',
      process: 'Xorg',
      parent: { pid: 900, comm: 'lightdm' },
      kernelThread: false,
      state: 'D',
      cpu: 1,
      blocked: true,
      hungTask: 'counted',
      wait: null,
      seconds: 300,
      wchan: 'some_wait',
    });
    expect(trace?.frames.map((frame) => frame.function)).toEqual(['percpu_rwsem_wait', 'mnt_want_write', 'path_openat']);
  });

  it('takes names as they are, however they look', () => {
    const names = ['a b', ') D (', 'x) D 1 2', '((', 'tab\there', 'new\\nline', 'back\\\\slash', '## threads', ''];
    for (const [at, comm] of names.entries()) tree.task({ pid: 100 + at, comm, state: 'D', stack: FROZEN });
    expect(collect().blocked.map(({ comm }) => comm)).toEqual([
      'a b',
      ') D (',
      'x) D 1 2',
      '((',
      'tab\there',
      'new\nline',
      'back\\slash',
      '## threads',
      '',
    ]);
  });

  it('opens nothing of a blocked task that could block its reader', () => {
    tree.task({ pid: 50, comm: 'stuck', state: 'D', stack: FROZEN });
    for (const file of ['cmdline', 'environ', 'maps', 'smaps', 'io', 'comm', 'syscall'])
      for (const place of ['proc/50', 'proc/50/task/50']) tree.fifo(`${place}/${file}`);
    const { blocked, unread, tookMs } = collect();
    expect([blocked.length, unread]).toEqual([1, []]);
    expect(tookMs).toBeLessThan(5000);
  });

  it('loses a file that never answers, and nothing else', () => {
    for (let pid = 100; pid < 160; pid += 1) tree.task({ pid, comm: 'dd', state: 'D', stack: FROZEN });
    tree.fifo('proc/130/task/130/stack');
    const { blocked, unread, tookMs } = collect({ deadlineSeconds: 30 });
    expect(tookMs).toBeLessThan(15_000);
    expect(unread).toEqual([
      { what: 'stack', reason: 'deadline', count: 1, such: ['/proc/130/task/130/stack'] },
    ]);
    expect(blocked.filter(({ trace }) => trace === null).map(({ pid, wchan }) => [pid, wchan])).toEqual([
      [130, 'some_wait'],
    ]);
    expect(blocked).toHaveLength(60);
  }, 40_000);

  it('asks for a stat that never answers no longer than for its part, and names it', () => {
    for (let pid = 100; pid < 140; pid += 1) tree.task({ pid, comm: 'sleep' });
    tree.fifo('proc/120/task/120/stat');
    const { threads, unread, gone, tookMs } = collect({ deadlineSeconds: 30 });
    expect(tookMs).toBeLessThan(15_000);
    expect([threads.listed, threads.read, gone]).toEqual([41, 40, 0]);
    expect(unread).toEqual([{ what: 'stat', reason: 'deadline', count: 1, such: ['/proc/120/task/120/stat'] }]);
  }, 40_000);

  it('ends by its deadline though hundreds of files never answer, and counts them', () => {
    for (let pid = 100; pid < 300; pid += 1) {
      tree.task({ pid, comm: 'dd', state: 'D' });
      tree.fifo(`proc/${pid}/task/${pid}/stack`);
    }
    const begun = Date.now();
    const { unread } = collect({ deadlineSeconds: 6 });
    expect(Date.now() - begun).toBeLessThan(12_000);
    const stacks = unread.find(({ what }) => what === 'stack');
    expect([stacks?.count, stacks?.reason]).toEqual([200, 'deadline']);
  }, 40_000);

  it('waits for nobody who holds its pipes open and cannot be got rid of', () => {
    tree.task({ pid: 60, comm: 'a', state: 'D', stack: FROZEN });
    // What a reader in D does to its parents: it keeps its end of the pipe, whatever is sent to it.
    tree.write('bin/grep', '#!/bin/sh\nsetsid sleep 30 &\nexec /bin/grep "$@"\n');
    chmodSync(join(tree.root, 'bin/grep'), 0o755);
    const sections = tree.run({ deadlineSeconds: 30 }, undefined, (script) =>
      script.replaceAll(' grep -a', ` ${tree.root}/bin/grep -a`),
    );
    const { blocked, tookMs } = readCollection(sections, KINDS);
    expect(blocked.map(({ trace }) => trace?.frames.length)).toEqual([3]);
    expect(tookMs).toBeLessThan(15_000);
  });

  it('does not mind a thread that ends while it looks', () => {
    tree.link('proc/77/task/77/stat', '/nonexistent');
    const { threads, unread, gone } = collect();
    expect([threads.listed, threads.read, gone, unread]).toEqual([2, 1, 1, []]);
  });

  it('looks at all threads of a process that is named, and at threads of that name', () => {
    tree.task({ pid: 60, comm: 'we\\\\ird' });
    tree.task({ pid: 60, tid: 61, comm: 'worker' });
    tree.task({ pid: 70, comm: 'other' });
    tree.task({ pid: 70, tid: 71, comm: 'we\\\\ird', stack: FROZEN });
    const { others } = collect({ process: 'we\\ird' });
    expect(others.map(({ tid }) => tid)).toEqual([60, 61, 71]);
    expect(others.map(({ blocked, seconds }) => [blocked, seconds])).toEqual(Array(3).fill([false, 10]));
  });

  it('says once that stacks may not be seen, and tells the rest', () => {
    tree.task({ pid: 60, comm: 'a', state: 'D', stack: FROZEN });
    tree.task({ pid: 61, comm: 'b', state: 'D', stack: FROZEN });
    tree.write('proc/self/stack', '');
    const { blocked, unread } = collect();
    expect(unread).toEqual([{ what: 'stack', reason: 'refused', count: 1, such: ['/proc/self/stack'] }]);
    expect(blocked.map(({ wchan, trace, hungTask }) => [wchan, trace, hungTask])).toEqual(
      Array(2).fill(['some_wait', null, null]),
    );
  });
});

describe('asking the kernel itself', () => {
  it.each([
    ['a user who is not root', 'pid:[4026531836]', 1000, 'only root may ask'],
    ['a container', 'pid:[4026532281]', 0, 'the kernel is not its own: this is a container'],
    ['a guest without a log to read', 'pid:[4026531836]', 0, 'there is no /dev/kmsg to read the answer from'],
  ])('is refused to %s', (_who, namespace, uid, refusal) => {
    tree.write('proc/self/status', `Uid:\t${uid}\t${uid}\n`);
    tree.link('proc/self/ns/pid', namespace);
    tree.write('proc/sysrq-trigger', '');
    const { kernelRefused, kernelAnswers } = collect({ sysrq: 'wt' });
    expect([kernelRefused, kernelAnswers]).toEqual([refusal, []]);
    expect(readFileSync(join(tree.root, 'proc/sysrq-trigger'), 'utf8')).toBe('');
  });

  it('is not even thought of unless it was asked for', () => {
    const sections = tree.run();
    expect(sections.has('sysrq')).toBe(false);
  });
});

describe('a collection in a file', () => {
  it('is read like one that came over a connection', () => {
    tree.task({ pid: 60, comm: '## threads', state: 'D', stack: FROZEN });
    const sections = tree.run();
    const text = [...sections].map(([name, bytes]) => `## ${name}\n${bytes.toString()}`).join('');
    expect(readCollection(sectionsOfText(text), KINDS)).toEqual(readCollection(sections, KINDS));
  });
});
