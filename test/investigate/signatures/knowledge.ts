import type { FrameKnowledge, HangKnowledge, Signature } from '../../../src/investigate/signatures/knowledge.ts';
import type { Trace } from '../../../src/investigate/trace.ts';

/** A signature that asks for nothing but what is given. */
export function signature(name: string, match: Partial<Signature['match']>, rest: Partial<Signature> = {}): Signature {
  return {
    name,
    category: name,
    title: name,
    grade: 'exact',
    meaning: `It is ${name}.`,
    match: { kinds: [], states: [], headline: null, comm: null, stacks: [], top: 0, none: [], ...match },
    kernels: { from: null, before: null },
    namesCaller: false,
    next: [],
    fixes: [],
    mitigations: [],
    references: [],
    examples: { fits: [], other: [] },
    ...rest,
  };
}

const FRAMES: readonly Partial<FrameKnowledge>[] = [
  { function: 'schedule', role: 'sleep' },
  { function: 'mutex_lock', role: 'lock' },
  { function: '__mutex_lock', role: 'lock' },
  { function: 'dump_stack', role: 'interrupt' },
  { function: 'old_wait', before: '5.10' },
  { function: 'vfs_write', subsystem: 'fs' },
];

export function knowledge(...signatures: Signature[]): HangKnowledge {
  const frames = FRAMES.map((frame) => ({
    function: '',
    subsystem: 'core',
    note: '',
    role: 'work' as const,
    from: null,
    before: null,
    ...frame,
  }));
  return {
    signatures,
    frames: new Map(frames.map((frame) => [frame.function, frame])),
    families: [{ prefix: 'ext4_', subsystem: 'ext4', role: 'work' }],
  };
}

/** `? function [module]` in each, innermost first. */
export function trace(frames: readonly string[], rest: Partial<Trace> = {}): Trace {
  return {
    kind: 'hung_task',
    task: { pid: 1, comm: 'Xorg' },
    state: 'D',
    blockedSeconds: 120,
    cpu: null,
    frames: frames.map((text) => {
      const [, unsure, name = '', module] = /^(\? )?(\S+)(?: \[(\w+)\])?$/.exec(text) ?? [];
      return { function: name, module: module ?? null, unsure: unsure !== undefined, inferred: null };
    }),
    headline: null,
    line: 1,
    weight: 1,
    ...rest,
  };
}
