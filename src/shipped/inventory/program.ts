import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import { hostsOf, parseDynamic, parseHostAnswer, type DynamicAnswer } from '../../inventory/ansible/dynamic.ts';

/** Thousands of guests of a cloud with all that it knows of them. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Runs a dynamic inventory as Ansible does: `--list`, and `--host NAME` for each host when that had no `_meta`.
 * @throws ProvisionError E_INVENTORY with what it said on stderr: it failed, took too long, or printed no JSON
 */
export function runProgram(file: string, timeoutMs: number): DynamicAnswer {
  const answer = parseDynamic(output(file, ['--list'], timeoutMs), file);
  if (answer.hostVars !== undefined) return answer;
  const hostVars = hostsOf(answer).map((host) => {
    return [host, parseHostAnswer(output(file, ['--host', host], timeoutMs), host, file)] as const;
  });
  return { ...answer, hostVars: Object.fromEntries(hostVars) };
}

function output(file: string, args: readonly string[], timeoutMs: number): string {
  const run = spawnSync(resolve(file), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_BYTES,
  });
  if (run.error === undefined && run.status === 0) return run.stdout;
  const said = lastLines(run.stderr);
  throw new ProvisionError(
    'E_INVENTORY',
    `${args.join(' ')} ${failure(run.error, run.status, run.signal, timeoutMs)}`,
    {
      hint: said === '' ? 'it said nothing on stderr' : `it said: ${said}`,
      where: { file },
    },
  );
}

function failure(error: Error | undefined, status: number | null, signal: string | null, timeoutMs: number): string {
  const code = error && 'code' in error ? String(error.code) : '';
  if (code === 'ETIMEDOUT') return `took longer than ${timeoutMs / 1000} s`;
  if (code === 'ENOBUFS') return `printed more than ${MAX_BYTES / 1024 / 1024} MiB`;
  if (code === 'ENOENT') return 'cannot be run: is the interpreter of its first line there?';
  if (code !== '') return `cannot be run (${code})`;
  return signal === null ? `ended with exit code ${status ?? ''}` : `was ended by ${signal}`;
}

/** The end is where a program says why. */
function lastLines(stderr: string | null): string {
  const lines = (stderr ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-3)
    .map((line) => line.trim().slice(0, 200))
    .join('\n');
}
