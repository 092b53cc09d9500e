import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'vitest';

import { ran, type Ran } from '../../lab/support/lab.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const PROGRAM = join(ROOT, 'scripts/vm');
const MAIN = join(ROOT, 'dist/main.js');

/** The Debian suite that the machines of this run have. */
export const SUITE = process.env['PROVISION_VM_SUITE'] ?? 'bookworm';
/** Cases that take too long for every run. */
export const SLOW = process.env['PROVISION_VM_SLOW'] === '1';

/** What the cases bring a machine to; the tracing tools and their compilers take minutes to unpack under emulation. */
export const PROFILE = [
  ...['debug-panic', 'vm1', '--skip', 'trace'],
  ...['--set', 'crash.symbols=controller', '--set', 'arm.after=10s'],
];

/** Shell text for a makedumpfile that does this in the capture kernel, and works elsewhere. */
export const makedumpfileThat = (does: string): string => `
  [ -e /usr/bin/makedumpfile.real ] || mv /usr/bin/makedumpfile /usr/bin/makedumpfile.real
  cat >/usr/bin/makedumpfile <<'END'
#!/bin/sh
[ -e /proc/vmcore ] || exec /usr/bin/makedumpfile.real "$@"
${does}
END
  chmod 755 /usr/bin/makedumpfile; sync`;
export const RESTORE_MAKEDUMPFILE = 'mv /usr/bin/makedumpfile.real /usr/bin/makedumpfile';

/** One virtual machine, and the program run against it as a person would. */
export interface Vm {
  readonly name: string;
  readonly directory: string;
  provision: (command: string, ...args: string[]) => Promise<Ran>;
  /** Runs shell text on the machine as root, through the system's ssh client. */
  ssh: (script: string) => Promise<Ran>;
  /** What the shell text printed; fails the test when it ended badly. */
  read: (script: string) => Promise<string>;
  /** Runs shell text that the machine does not survive, or that runs on by itself. */
  detached: (script: string) => Promise<void>;
  /** The power is gone. */
  kill: () => Promise<void>;
  start: () => Promise<void>;
  wait: () => Promise<void>;
  /** Everything that the machine has written to its serial port. */
  console: () => string;
  down: () => Promise<void>;
}

/** Makes a machine in a directory of its own and waits until it answers. Whoever makes one takes it down. */
export async function vmUp(variant: 'bare' | 'ready' | 'trace'): Promise<Vm> {
  const name = 'vm1';
  const directory = mkdtempSync(join(tmpdir(), 'vm-'));
  const env = { ...process.env, PROVISION_VM: directory };
  const call = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await ran(PROGRAM, args, env);
    if (code !== 0) throw new Error(`vm ${args.join(' ')}: exit ${code}\n${stderr}\n${tailOf(consoleText())}`);
  };
  const consoleText = (): string => {
    try {
      return readFileSync(join(directory, 'machines', name, 'console.log'), 'utf8');
    } catch {
      return '';
    }
  };
  const vm: Vm = {
    name,
    directory,
    provision: (command, ...args) =>
      // A look at packages takes an emulated machine a minute while others are busy.
      ran(process.execPath, [MAIN, command, '-F', join(directory, 'ssh_config'), '--timeout', '5m', ...args], {
        ...process.env,
        HOME: directory,
        PROVISION_INVENTORY: join(directory, 'inventory.yaml'),
        PROVISION_RUNS: join(directory, 'runs'),
      }),
    ssh: (script) => sshTo(name, script, env),
    read: async (script) => {
      const { code, stdout, stderr } = await sshTo(name, script, env);
      if (code !== 0) throw new Error(`exit ${code} of: ${script}\n${stdout}\n${stderr}`);
      return stdout.trim();
    },
    detached: async (script) => {
      // Not by a timer: systemd may leave one for a minute.
      await vm.read(`systemd-run --quiet --collect sh -c ${quoted(`sleep 1; ${script}`)}`);
    },
    kill: () => call('kill', name),
    start: () => call('start', name),
    wait: () => call('wait', name),
    console: consoleText,
    down: async () => {
      await call('down');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await call('up', name, '--variant', variant, '--suite', SUITE);
    await vm.wait();
  } catch (error) {
    await vm.down();
    throw error;
  }
  return vm;
}

/** Applies the profile, reboot and gate included; fails the test when that does not end 0. */
export async function applyAndReboot(vm: Vm, profile: readonly string[] = PROFILE): Promise<void> {
  const { code, stdout, stderr } = await vm.provision('apply', ...profile, '--reboot', '--yes');
  expect(code, stdout + stderr).toBe(0);
}

/** Fetches the newest dump; answers with its folder on this machine. Fails the test when that does not end 0. */
export async function fetchDump(vm: Vm): Promise<string> {
  const to = join(vm.directory, 'dumps');
  const { code, stdout, stderr } = await vm.provision('dumps', 'fetch', vm.name, '--to', to);
  expect(code, stdout + stderr).toBe(0);
  const [stamp = ''] = readdirSync(join(to, vm.name));
  return join(to, vm.name, stamp);
}

/** Looks until the text is there, with a deadline. @throws when it has not come by then */
export async function until(look: () => string | Promise<string>, wanted: RegExp, seconds: number): Promise<string> {
  for (const deadline = Date.now() + seconds * 1000; ;) {
    const text = await look();
    if (wanted.test(text)) return text;
    if (Date.now() > deadline) throw new Error(`not seen in ${seconds} s: ${String(wanted)}\n${tailOf(text)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const tailOf = (text: string): string => text.split('\n').slice(-30).join('\n');

async function sshTo(name: string, script: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  try {
    const running = run(PROGRAM, ['ssh', name, '--', 'sh', '-s'], { env, maxBuffer: 1 << 28 });
    running.child.stdin?.end(script);
    return { code: 0, ...(await running) };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, stdout, stderr };
  }
}
