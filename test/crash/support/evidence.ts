import type { Task } from '../../../src/crash/analysis/analysis.ts';
import type { Evidence } from '../../../src/crash/analysis/evidence.ts';
import { readKernelLog } from '../../../src/crash/analysis/log/read-log.ts';
import { parseCrash } from '../../../src/crash/analysis/readers/crash-answer.ts';
import { parseDrgn } from '../../../src/crash/analysis/readers/drgn-answer.ts';
import { fixture } from './fixture.ts';

const SYMBOLS = { vmlinux: '/cache/vmlinux', modules: [], from: 'cache', proven: true } as const;

/** What was read of the dump of a hung Xorg: drgn is right about it, crash 8.0.2 is not. */
export function hungTask(change: Partial<Evidence> = {}): Evidence {
  return {
    dump: { file: 'dumps/vm1/202611241724/dump.202611241724', format: 'flattened', bytes: 41_339_141 },
    identity: {
      release: '6.1.0-56-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
      machine: 'x86_64',
      nodename: 'vm1',
      buildId: 'eb4fbcd037e7253717950bf2b93bd5566f47c56f',
      crashTime: 1_795_541_042,
    },
    log: readKernelLog(fixture('hung-task.dmesg')),
    symbols: SYMBOLS,
    drgn: parseDrgn(fixture('hung-task.ndjson')),
    crash: parseCrash(fixture('crash-8.0.2.txt'), ''),
    findings: [],
    sources: [
      { tool: 'drgn', what: 'read tasks, memory and workqueues', ms: 1100 },
      { tool: 'crash', what: 'gave a second opinion', ms: 9100 },
    ],
    ...change,
  };
}

export function task(pid: number, change: Partial<Task> = {}): Task {
  return {
    pid,
    comm: `task${pid}`,
    state: 'S',
    cpu: 0,
    parent: 1,
    blockedNs: 1e9,
    killable: false,
    stack: [],
    stackError: null,
    ...change,
  };
}
