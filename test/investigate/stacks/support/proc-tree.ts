import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'vitest';

import type { Sections } from '../../../../src/facts/sections.ts';
import { FrameReader, wrapScript } from '../../../../src/guest/frames.ts';
import { stacksScript, type StacksWants } from '../../../../src/investigate/stacks/script.ts';
import { shippedText } from '../../../../src/shipped/files.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const TEMPLATES = Object.fromEntries(
  ['stacks.sh', 'stacks-sysrq.sh'].map((name) => [name, shippedText(`templates/guest/${name}`)]),
);

export interface FakeTask {
  readonly pid: number;
  readonly tid?: number;
  /** As stat has it: newlines and backslashes escaped. */
  readonly comm: string;
  readonly state?: string;
  readonly parent?: number;
  readonly flags?: number;
  readonly stack?: string;
  /** Milliseconds of the scheduler's clock; the collector's own are 1,000,000. */
  readonly ran?: number;
  readonly policy?: number;
}

/** A /proc of our own, which the collector takes for the guest's. */
export class ProcTree {
  readonly root = mkdtempSync(join(tmpdir(), 'proc-'));

  constructor() {
    // The collector's deadlines go by it, so it is the one thing that is this machine's own.
    this.link('proc/uptime', '/proc/uptime');
    this.write('proc/sys/kernel/osrelease', '6.1.0-56-amd64\n');
    this.write('proc/sys/kernel/hung_task_timeout_secs', '120\n');
    this.write('proc/self/status', 'Name:\tgrep\nUid:\t0\t0\t0\t0\n');
    this.write('proc/self/sched', 'se.exec_start    :    1000000.000000\n');
    this.write('proc/self/stack', '[<0>] proc_pid_stack+0x1/0x2\n');
    this.write('proc/stat', 'cpu  1 2 3\ncpu0 10 0 0 10 0 0 0 0 0 0\n');
    this.write('proc/meminfo', 'MemTotal:  2000 kB\nMemAvailable: 1000 kB\n');
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Whoever reads this waits for ever. */
  fifo(path: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    execFileSync('mkfifo', [file]);
  }

  link(path: string, to: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(to, file);
  }

  task(task: FakeTask): void {
    const { pid, tid = pid, comm, state = 'S', parent = 1, flags = 0, stack = '', ran = 990_000, policy = 0 } = task;
    const at = `proc/${pid}/task/${tid}`;
    const rest = `${parent} 1 1 0 -1 ${flags} 0 0 0 0 7 5 0 0 20 0 1 0 0 ${'0 '.repeat(14)}0 17 1 9 ${policy} 0`;
    this.write(`${at}/stat`, `${tid} (${comm}) ${state} ${rest}\n`);
    this.write(`${at}/status`, 'voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n');
    this.write(`${at}/sched`, `name (1, #threads: 1)\nse.exec_start   :   ${ran}.000000\n`);
    this.write(`${at}/wchan`, 'some_wait');
    this.write(`${at}/stack`, stack);
  }

  /** The collector, run on this tree by a shell; what it printed comes back with the guest's own paths. */
  run(
    wants: Partial<StacksWants> = {},
    shell: readonly string[] = ['dash', '-u', '-s'],
    edit: (script: string) => string = (script) => script,
  ): Sections {
    const script = stacksScript(TEMPLATES, { process: '', sysrq: '', deadlineSeconds: 10, ...wants }).replaceAll(
      /(?<![\w}])\/(proc|sys|dev(?!\/(?:null|stderr)))\//g,
      (_whole, top: string) => `${this.root}/${top}/`,
    );
    // A test must never ask this machine's own kernel.
    expect(script).not.toMatch(/[\s>]\/proc\/sysrq-trigger/);
    const [program = '', ...args] = shell;
    const { stdout, stderr } = spawnSync(program, args, { input: wrapScript(edit(script), NONCE), maxBuffer: 1 << 28 });
    expect(stderr.toString()).toBe('');
    const reader = new FrameReader(NONCE);
    reader.push(Buffer.from(stdout.toString('utf8').replaceAll(`${this.root}/`, '/')));
    expect(reader.exitCode).toBe(0);
    return reader.sections;
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
