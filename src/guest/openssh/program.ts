import { ProvisionError } from '../../errors.ts';
import { quote } from '../../shell.ts';
import type { Access } from '../access.ts';

export interface Ended {
  /** Null when it was killed, for the time that it took. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * How zx starts an ssh: without the terminal, where it would ask by itself and over everybody else; what it cannot ask
 * is an error that says so.
 */
export async function sshProgram({ around }: Access) {
  const { $ } = await import('zx/core');
  const env = {
    ...around.env,
    PATH: around.env['PATH'] ?? process.env['PATH'],
    // What runs a ProxyCommand; its words are read.
    SHELL: '/bin/sh',
    LC_ALL: 'C',
    SSH_ASKPASS_REQUIRE: 'never',
  };
  return $({
    stdio: 'pipe',
    quiet: true,
    nothrow: true,
    detached: true,
    prefix: '',
    shell: '/bin/sh',
    quote,
    env,
  });
}

/**
 * Runs ssh to its end.
 * @throws ProvisionError E_LOCAL_TOOL when this machine has none
 */
export async function runSsh(access: Access, args: readonly string[], timeoutMs: number): Promise<Ended> {
  const $ = await sshProgram(access);
  const running = $`exec ssh ${args}`.timeout(timeoutMs, 'SIGKILL');
  running.stdin.end();
  const { exitCode, signal, stdout, stderr } = await running;
  if (exitCode === 127) throw noSsh();
  return { exitCode: signal === null ? exitCode : null, stdout, stderr };
}

function noSsh(): ProvisionError {
  return new ProvisionError('E_LOCAL_TOOL', 'the program ssh is not on this machine', {
    hint: 'install openssh-client, or leave --transport openssh out',
  });
}
