import { describe, expect, it } from 'vitest';

import type { CpuLook, Kworker } from '../../../src/investigate/collection/collection.ts';
import { cpuConcerns } from '../../../src/investigate/stacks/cpu-concerns.ts';

const cpu = (over: Partial<CpuLook> = {}): CpuLook => ({
  cpu: 3,
  idle: 0.9,
  steal: 0,
  isolated: false,
  runnable: [],
  ...over,
});
const worker: Kworker = { tid: 33, comm: 'kworker/3:1-mm_percpu_wq', cpu: 3, state: 'R' };
const fifo = { tid: 900, comm: 'spin', realTime: 'FIFO 50', ticks: 30 };
const plain = { tid: 901, comm: 'cc1', realTime: null, ticks: 30 };

describe('the per-CPU worker check', () => {
  it.each<[string, CpuLook[], Kworker[], string[]]>([
    ['an idle CPU', [cpu()], [], []],
    ['a busy CPU whose workers sleep', [cpu({ idle: 0, runnable: [plain] })], [], []],
    [
      'a real-time task that never lets go',
      [cpu({ idle: 0, runnable: [fifo, plain] })],
      [worker],
      ['CPU 3: spin (900, FIFO 50) leaves no time to others, and kworker/3:1-mm_percpu_wq would run'],
    ],
    [
      'a busy isolated CPU with a worker that would run',
      [cpu({ idle: 0, isolated: true, runnable: [plain] })],
      [worker],
      ['CPU 3, an isolated CPU: busy with cc1 (901), and kworker/3:1-mm_percpu_wq would run'],
    ],
    ['a worker of another CPU', [cpu({ idle: 0, runnable: [plain] })], [{ ...worker, cpu: 2 }], []],
    ['a host that takes the CPU', [cpu({ idle: 0.1, steal: 0.83 })], [], ['CPU 3: the host took 83 % of it']],
    [
      'a worker that is itself blocked',
      [cpu()],
      [{ ...worker, state: 'D' }],
      ['CPU 3: its worker kworker/3:1-mm_percpu_wq (33) is itself blocked'],
    ],
    ['no counts at all', [cpu({ idle: null, steal: null, runnable: [fifo] })], [worker], []],
  ])('%s', (_case, cpus, kworkers, concerns) => {
    expect(cpuConcerns({ cpus, kworkers })).toEqual(concerns);
  });
});
