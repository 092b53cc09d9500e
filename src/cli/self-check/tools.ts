import { execFile } from 'node:child_process';
import type { Checked } from './finding.ts';

/** A program of this machine that a part of the work needs. */
interface Program {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Finds the version in what it says, wherever it says it. */
  readonly version: RegExp;
  readonly needed: string;
  readonly package: string;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'ssh client',
    argv: ['ssh', '-V'],
    version: /OpenSSH_(\S+?),?\s/,
    needed: 'for --transport openssh and ProxyCommand',
    package: 'openssh-client',
  },
  {
    name: 'crash',
    argv: ['crash', '--version'],
    version: /^crash (\S+)/m,
    needed: 'for dumps analyze, with symbols',
    package: 'crash',
  },
  {
    name: 'drgn',
    argv: ['drgn', '--version'],
    version: /drgn (\S+)/,
    needed: 'for dumps analyze, where crash cannot read a dump',
    package: 'python3-drgn',
  },
  {
    name: 'makedumpfile',
    argv: ['makedumpfile', '-v'],
    version: /version (\S+)/,
    needed: 'for dumps fetch, to put flattened dumps in order',
    package: 'makedumpfile',
  },
  {
    name: 'qemu',
    argv: ['qemu-system-x86_64', '--version'],
    version: /version (\S+)/,
    needed: 'for scripts/vm, the tests with kernels that panic',
    package: 'qemu-system-x86',
  },
];

/** Where no engine is named: whether this machine could have one. */
const REDIS: Program = {
  name: 'redis',
  argv: ['redis-server', '--version'],
  version: /v=(\S+)/,
  needed: 'for an engine on this machine, for fleets that one process is too few for',
  package: 'redis-server',
};

export function checkRedisServer(): Promise<Checked> {
  return checkProgram(REDIS);
}

const TIMEOUT_MS = 10_000;

export function checkPrograms(): Promise<Checked[]> {
  return Promise.all(PROGRAMS.map(checkProgram));
}

async function checkProgram({ name, argv, version, needed, package: debian }: Program): Promise<Checked> {
  const said = await answerOf(argv);
  const mend = `apt-get install ${debian}`;
  if (said === null) return { name, level: 'warn', found: 'not installed', needed, mend };
  const found = version.exec(said)?.[1] ?? 'of an unknown version';
  return { name, level: 'ok', found };
}

/** All that a program says, on either stream; null: it is not there. What it exits with is its own affair. */
function answerOf([file, ...args]: readonly [string, ...string[]]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const missing = error !== null && (error.code === 'ENOENT' || error.code === 'EACCES');
      resolve(missing ? null : `${stdout}\n${stderr}\n`);
    });
    child.stdin?.end();
  });
}

/** Compares `20.19` and `20.20.2` number by number. */
export function isBelow(version: string, least: string): boolean {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const have = numbers(version);
  for (const [index, wanted] of numbers(least).entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
