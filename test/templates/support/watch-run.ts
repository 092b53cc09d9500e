import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { confOf } from '../../../src/plan/resources/watch.ts';
import { render } from '../../../src/plan/render.ts';
import type { DesiredWatch } from '../../../src/profile/watch.ts';
import { shippedText } from '../../../src/shipped/files.ts';

/** A thread as /proc shows it at one moment. */
export interface FakeTask {
  readonly tid: number;
  readonly tgid?: number;
  readonly comm?: string;
  /** As stat has it. */
  readonly state?: string;
  /** As status has it, where it has changed meanwhile. */
  readonly stateThen?: string;
  readonly start?: number;
  readonly switches?: number;
  readonly wchan?: string;
}

/** What one look finds. */
export interface Moment {
  /** Seconds since boot. */
  readonly up: number;
  readonly tasks?: readonly FakeTask[];
  /** PSI full avg10. */
  readonly memory?: number;
  readonly io?: number;
  /** Seconds that the machine slept since boot; undefined: the kernel does not tell. */
  readonly asleep?: number;
}

export interface Piece {
  readonly name: string;
  readonly about: string[];
  readonly ended: string[];
  readonly stacks: string;
}

const BASE: DesiredWatch = {
  blocked: 30,
  memoryFull: 20,
  ioFull: null,
  workqueues: true,
  every: 5,
  keep: 20,
  maxKiB: 65536,
};

/** A guest's watcher under a root of its own, with a /proc that changes where it would sleep. */
export class WatchRun {
  readonly root = mkdtempSync(join(tmpdir(), 'watch-'));
  stderr = '';
  /** What each sleep was asked for, seconds. */
  slept: string[] = [];

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
  }

  constructor(changes: Partial<DesiredWatch> = {}) {
    const conf = render(shippedText('templates/guest/watch.conf'), confOf({ ...BASE, ...changes }));
    this.write('etc/provision/watch.conf', conf);
    this.program('watch.awk', shippedText('templates/guest/watch.awk'));
    for (const name of ['watch', 'evidence']) this.program(name, shippedText(`templates/guest/${name}.sh`));
    this.program('stacks', 'section threads\nprintf "asked for <%s>\\n" "$SYSRQ"\nfinish=0\n');
    this.program('stacks-sysrq', 'section sysrq\nprintf "workqueues\\n"\n');
    mkdirSync(this.at('bin'));
    this.write(
      'bin/sleep',
      `#!/bin/sh
echo "$1" >>'${this.root}/slept'
n=$(($(cat '${this.root}/step') + 1))
echo "$n" >'${this.root}/step'
if [ -d '${this.root}/moments/'"$n" ]; then ln -sfn '${this.root}/moments/'"$n" '${this.root}/proc'
else kill "$(cat '${this.root}/pid')"; fi
`,
    );
    chmodSync(this.at('bin/sleep'), 0o755);
    this.write('run/provision/evidence/.keep', '');
    this.write('var/lib/provision/evidence/.keep', '');
  }

  /** A program of the guest, with every path under our root. */
  program(name: string, text: string): void {
    const moved = text
      .replaceAll(/(?<![\w}.])\/(proc|sys|run|var|etc|usr\/local)\//g, (_whole, top: string) => `${this.root}/${top}/`)
      .replace('PATH=/usr/sbin', `PATH=${this.root}/bin:/usr/sbin`);
    this.write(`usr/local/lib/provision/${name}`, moved);
    chmodSync(this.at(`usr/local/lib/provision/${name}`), 0o755);
  }

  /** Lets the watcher see these moments, one a look, and then stops it as systemd would. */
  watch(moments: readonly Moment[]): void {
    rmSync(this.at('moments'), { recursive: true, force: true });
    moments.forEach((moment, index) => this.#moment(`moments/${index + 1}`, moment));
    this.#moment('moments/0', moments[0] ?? { up: 0 });
    rmSync(this.at('proc'), { force: true });
    spawnSync('ln', ['-sfn', this.at('moments/0'), this.at('proc')]);
    writeFileSync(this.at('step'), '0');
    writeFileSync(this.at('slept'), '');
    const watcher = `echo $$ >'${this.root}/pid'; exec dash '${this.at('usr/local/lib/provision/watch')}'`;
    const { stderr, stdout } = spawnSync('dash', ['-c', watcher], { encoding: 'utf8', timeout: 60_000 });
    const left = this.evidence('leave');
    this.stderr = stdout + stderr + left;
    this.slept = readFileSync(this.at('slept'), 'utf8').trim().split('\n');
  }

  evidence(...args: string[]): string {
    const { stderr } = spawnSync('dash', [this.at('usr/local/lib/provision/evidence'), ...args], { encoding: 'utf8' });
    return stderr;
  }

  names(): string[] {
    return readdirSync(this.at('var/lib/provision/evidence')).filter((name) => !name.startsWith('.'));
  }

  pieces(): Piece[] {
    return this.names().map((name) => {
      const read = (file: string): string => {
        const path = this.at(`var/lib/provision/evidence/${name}/${file}`);
        return existsSync(path) ? readFileSync(path, 'utf8') : '';
      };
      const lines = (file: string): string[] => read(file).split('\n').filter((line) => line !== '');
      const packed = this.at(`var/lib/provision/evidence/${name}/stacks.gz`);
      const stacks = existsSync(packed) ? gunzipSync(readFileSync(packed)).toString() : '';
      return { name, about: lines('about'), ended: lines('ended'), stacks };
    });
  }

  close(): void {
    rmSync(this.root, { recursive: true });
  }

  #moment(folder: string, { up, tasks = [], memory, io = 0, asleep }: Moment): void {
    const put = (path: string, text: string): void => this.write(`${folder}/${path}`, text);
    put('uptime', `${up.toFixed(2)} 1.00\n`);
    const pressure = (full: number): string =>
      `some avg10=99.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=${full.toFixed(2)} avg60=0.00 avg300=0.00 total=0\n`;
    if (memory !== undefined) {
      put('pressure/memory', pressure(memory));
      put('pressure/io', pressure(io));
    }
    if (asleep !== undefined)
      put('timer_list', `Timer List Version: v0.9\nHRTIMER_MAX_CLOCK_BASES: 8\nnow at ${Math.round((up - asleep) * 1e9)} nsecs\n`);
    put('self/stat', '1 (awk) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1\n');
    put('sys/kernel/random/boot_id', 'b001-1\n');
    put('sys/kernel/osrelease', '6.1.0-56-amd64\n');
    put('sys/kernel/version', '#1 SMP\n');
    put('sys/kernel/hostname', 'vm1\n');
    for (const task of [{ tid: 1, comm: 'init' }, ...tasks]) this.#task(put, task);
  }

  #task(put: (path: string, text: string) => void, task: FakeTask): void {
    const { tid, tgid = tid, comm = 'Xorg', state = 'S', stateThen = state, start = 100, switches = 7, wchan = '0' } = task;
    const zeros = '0 '.repeat(17).trim();
    put(`${tgid}/task/${tid}/stat`, `${tid} (${comm}) ${state} 1 ${zeros} ${start} 0 0\n`);
    put(`${tgid}/stat`, `${tgid} (${comm}) S 1 ${zeros} ${start} 0 0\n`);
    if (tid !== tgid) put(`${tid}/stat`, `${tid} (${comm}) ${state} 1 ${zeros} ${start} 0 0\n`);
    put(
      `${tid}/status`,
      `Name:\t${comm.replaceAll('\n', '\\n')}\nState:\t${stateThen} (disk sleep)\nvoluntary_ctxt_switches:\t${switches}\nnonvoluntary_ctxt_switches:\t3\n`,
    );
    put(`${tid}/wchan`, wchan);
  }
}
