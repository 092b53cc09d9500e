import type { Collection, TaskLook } from '../../../../src/investigate/collection/collection.ts';
import type { Explanation } from '../../../../src/investigate/explanation.ts';
import type { Trace } from '../../../../src/investigate/trace.ts';

export function task(over: Partial<TaskLook> & { functions?: readonly string[] } = {}): TaskLook {
  const { functions = ['percpu_rwsem_wait', 'mnt_want_write', 'path_openat'], ...rest } = over;
  const look: TaskLook = {
    pid: 10,
    tid: 10,
    comm: 'Xorg',
    process: 'Xorg',
    parent: { pid: 1, comm: 'systemd' },
    kernelThread: false,
    state: 'D',
    cpu: 0,
    blocked: true,
    hungTask: 'counted',
    wait: null,
    seconds: 60,
    wchan: functions[0] ?? null,
    trace: null,
    ...rest,
  };
  return functions.length === 0 ? look : { ...look, trace: over.trace ?? traceOf(look, functions) };
}

function traceOf({ tid, comm, state, seconds, cpu }: TaskLook, functions: readonly string[]): Trace {
  return {
    kind: 'proc',
    task: { pid: tid, comm },
    state,
    blockedSeconds: seconds,
    cpu,
    frames: functions.map((name) => ({ function: name, module: null, unsure: false, inferred: null })),
    headline: null,
    line: 0,
    weight: 1,
  };
}

export function explain(trace: Trace): Explanation {
  return {
    trace,
    frames: trace.frames.map((frame) => ({ frame, note: null })),
    age: { from: null, before: null, because: [] },
    matches: [],
    subsystem: null,
  };
}

export function collection(over: Partial<Collection> = {}): Collection {
  return {
    hostname: 'vm1',
    kernel: '6.1.0-56-amd64',
    bootId: 'b',
    now: 1_700_000_000,
    uptimeSeconds: 1000,
    root: true,
    cmdline: '',
    threads: { listed: 100, read: 100, states: { S: 99, D: 1 } },
    blocked: [],
    passing: [],
    others: [],
    context: { load: '0.1 0.2 0.3 1/100 5', memory: {}, pressure: {}, slabs: [], reclaim: {}, cpus: [], kworkers: [] },
    hungTask: { timeoutSeconds: 120, panic: 0, warnings: 10, detected: null },
    unread: [],
    gone: 0,
    kernelAnswers: [],
    kernelRefused: null,
    tookMs: 500,
    ...over,
  };
}
