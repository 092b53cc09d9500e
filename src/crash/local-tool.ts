import { ProvisionError } from '../errors.ts';
import { command, quote } from '../shell.ts';

/** A program of this machine, and the Debian package that brings it. */
export interface Tool {
  readonly command: string;
  readonly package: string;
}

export const TOOLS = {
  makedumpfile: { command: 'makedumpfile', package: 'makedumpfile' },
  drgn: { command: 'drgn', package: 'python3-drgn' },
  crash: { command: 'crash', package: 'crash' },
  gzip: { command: 'gzip', package: 'gzip' },
  bzip2: { command: 'bzip2', package: 'bzip2' },
  xz: { command: 'xz', package: 'xz-utils' },
  lz4: { command: 'lz4', package: 'lz4' },
  zstd: { command: 'zstd', package: 'zstd' },
  aptGet: { command: 'apt-get', package: 'apt' },
  dpkgDeb: { command: 'dpkg-deb', package: 'dpkg' },
} as const satisfies Readonly<Record<string, Tool>>;

export interface ToolOptions {
  /** Folder to run in. */
  readonly cwd?: string;
  /** Files instead of nothing at all, and instead of the answer's `stdout`. */
  readonly stdin?: string;
  readonly stdout?: string;
  /** A second program that reads what the first one writes. */
  readonly into?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface ToolAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly ms: number;
}

const TIMEOUT_MS = 30 * 60_000;
const NOT_FOUND = 127;
/** What timeout(1) exits with when the time is over. */
const TIMED_OUT = 124;

/**
 * Runs a program of this machine to its end, in the C locale, with no terminal. Its exit code is part of the answer.
 * @throws ProvisionError E_LOCAL_TOOL when it is not installed or did not end in time, E_INTERRUPTED
 */
export async function runTool(tool: Tool, args: readonly string[], options: ToolOptions): Promise<ToolAnswer> {
  const { $ } = await import('zx/core');
  const { cwd, stdin = '/dev/null', stdout, into, timeoutMs = TIMEOUT_MS, signal } = options;
  const limit = ['timeout', '-k', '5', `${Math.ceil(timeoutMs / 1000)}`];
  // A pipe's own exit code is that of its last program: the first one's is kept apart.
  const first = `${command([...limit, tool.command, ...args])} <${quote(stdin)}`;
  const line =
    into === undefined
      ? `exec ${first}${stdout === undefined ? '' : ` >${quote(stdout)}`}`
      : `{ ${first}; echo "exit $?" >&2; } | ${command(into)}`;
  const started = performance.now();
  const ended = await $({
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', TERM: 'dumb' },
    shell: '/bin/sh',
    prefix: '',
    quote: (word: string) => word,
    quiet: true,
    nothrow: true,
    signal,
  })`${line}`;
  if (signal.aborted) throw new ProvisionError('E_INTERRUPTED', 'interrupted');
  const code = into === undefined ? ended.exitCode : pipeCode(ended.exitCode, ended.stderr);
  if (code === NOT_FOUND) throw absent(tool);
  if (code === TIMED_OUT) {
    throw new ProvisionError('E_LOCAL_TOOL', `${tool.command} did not end within ${timeoutMs / 1000} s`);
  }
  return { stdout: ended.stdout, stderr: ended.stderr, code: code ?? 1, ms: Math.round(performance.now() - started) };
}

/** An error that names the package. */
function absent({ command: name, package: debian }: Tool): ProvisionError {
  return new ProvisionError('E_LOCAL_TOOL', `${name} is not installed on this machine`, {
    hint: `apt install ${debian}`,
  });
}

/** What a tool said when it failed, as one line for an error. */
export function lastWords({ stdout, stderr }: ToolAnswer): string {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-2).join('; ').slice(0, 300);
}

/** tar may stop reading when it has what it wants: only a first program that failed by itself counts. */
function pipeCode(last: number | null, stderr: string): number | null {
  const first = Number(/^exit (\d+)$/m.exec(stderr)?.[1] ?? 0);
  return last !== 0 ? last : first;
}
