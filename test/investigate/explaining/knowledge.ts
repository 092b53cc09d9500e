import type { ExplainKnowledge } from '../../../src/investigate/explaining/knowledge.ts';
import type { FrameKnowledge } from '../../../src/investigate/signatures/knowledge.ts';
import type { StackFrame, Trace } from '../../../src/investigate/trace.ts';

const frame = (name: string, note: string, more: Partial<FrameKnowledge> = {}): [string, FrameKnowledge] => [
  name,
  { function: name, note, subsystem: 'mm', role: 'work', from: null, before: null, ...more },
];

/** A little knowledge: enough to see what is made of it. */
export const KNOWLEDGE: ExplainKnowledge = {
  signatures: [],
  frames: new Map([
    frame('schedule', 'gives the CPU away', { role: 'sleep', subsystem: 'sched' }),
    frame('drain_all_pages', 'has CPUs give pages back'),
    frame('old_name', 'was renamed', { before: '5.13' }),
    frame('new_name', 'has a new name', { from: '5.13' }),
    frame('newest_name', 'has the newest name', { from: '6.1' }),
  ]),
  families: [],
  waits: [
    { above: ['__flush_work'], calls: ['wait_for_completion', 'schedule'] },
    { above: ['pipe_read'], calls: ['schedule'] },
  ],
  clues: [
    { stack: ['ttm_*', '*[virtio_gpu]|virtio_gpu_*'], from: null, before: '5.4', because: 'ttm under virtio_gpu' },
    { stack: ['__flush_work', '+drain_all_pages'], from: null, before: '6.0', because: 'draining waits for work' },
  ],
  advice: [
    { subsystems: ['mm'], next: [{ run: 'free', why: 'memory' }] },
    { subsystems: ['block'], next: [{ run: 'iostat', why: 'disks' }] },
    {
      subsystems: ['any'],
      next: [
        { run: 'dmesg', why: 'the log' },
        { run: 'free', why: 'again' },
      ],
    },
  ],
  panics: [{ trigger: 'hung_task', match: '^hung_task', meaning: 'a task stood in D state' }],
};

export function traceOf(names: readonly string[], more: Partial<Trace> = {}): Trace {
  return {
    kind: 'proc',
    task: null,
    state: null,
    blockedSeconds: null,
    cpu: null,
    frames: names.map(frameOf),
    headline: null,
    line: 1,
    weight: 1,
    ...more,
  };
}

/** `? function [module]` */
export function frameOf(text: string): StackFrame {
  const [, unsure, name = '', module = null] = /^(\? )?(\S+)(?: \[(.+)\])?$/.exec(text) ?? [];
  return { function: name, module, unsure: unsure !== undefined, inferred: null };
}
