import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '../../../scripts/lab');

/** A guest as `lab status --json` tells of it. */
export interface LabGuest {
  name: string;
  kind: 'light' | 'full';
  host: string;
  port: number;
  user: string;
  password: string | null;
  become: boolean;
  odd: string[];
  ready: boolean;
  running: boolean;
  /** The init of the guest as the machine numbers it; null when the guest is off. */
  pid: number | null;
}

export interface LabOptions {
  count: number;
  kind?: LabGuest['kind'];
  /** A comma list, e.g. `sudo,shell=fish`. */
  odd?: string;
  ready?: boolean;
  grub?: boolean;
  prefix?: string;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Lab {
  directory: string;
  guests: LabGuest[];
  inventory: string;
  knownHosts: string;
  key: string;
  /** Adds guests to this lab; answers with the new ones. */
  up: (options: LabOptions) => Promise<LabGuest[]>;
  /** Runs shell text inside a guest, not through its sshd. */
  exec: (name: string, script: string) => Promise<Ran>;
  /** Runs a command through the machine's ssh client. */
  ssh: (name: string, command: string, options?: string[]) => Promise<Ran>;
  kill: (...names: string[]) => Promise<void>;
  start: (...names: string[]) => Promise<void>;
  status: () => Promise<LabGuest[]>;
  /** The last process id that the guest gave out; reading it takes some, see docs/lab.md. */
  pids: (name: string) => Promise<number>;
  /** What the guest's sshd has logged so far: `Connection from`, `Accepted`, `Starting session`. */
  sshdLog: (name: string) => string;
  down: () => Promise<void>;
}

/** Runs a program with nothing on its stdin, and answers with its exit code instead of throwing it. */
export async function ran(file: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  try {
    const running = run(file, args, { env, maxBuffer: 1 << 26 });
    running.child.stdin?.end();
    return { code: 0, ...(await running) };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number | string; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

/**
 * Starts a lab of its own, in a directory and an address range that no other lab has. Whoever starts one ends it.
 * @example const lab = await labUp({ count: 3, kind: 'full' }); … await lab.down();
 */
export async function labUp(options: LabOptions): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'lab-'));
  const env = { ...process.env, PROVISION_LAB: directory };
  const call = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await ran(PROGRAM, args, env);
    if (code !== 0) throw new Error(`lab ${args.join(' ')}: exit ${code}\n${stderr}`);
    return stdout;
  };
  const guestsOf = async (...args: string[]) => JSON.parse(await call(...args, '--json')) as LabGuest[];
  const key = join(directory, 'id_ed25519');
  const knownHosts = join(directory, 'known_hosts');

  const lab: Lab = {
    directory,
    guests: [],
    inventory: join(directory, 'inventory.yaml'),
    knownHosts,
    key,
    up: async ({ count, kind = 'light', odd = '', ready = false, grub = false, prefix = 'vm' }) => {
      const args = [
        'up',
        String(count),
        '--kind',
        kind,
        '--prefix',
        prefix,
        '--odd',
        odd,
        ...(ready ? ['--ready'] : []),
        ...(grub ? ['--grub'] : []),
      ];
      const made = await guestsOf(...args);
      lab.guests = await guestsOf('status');
      return made;
    },
    exec: (name, script) => ran(PROGRAM, ['exec', name, '--', 'sh', '-c', script], env),
    ssh: (name, command, more = []) => {
      const guest = lab.guests.find((candidate) => candidate.name === name);
      if (guest === undefined) throw new Error(`no guest ${name} in this lab`);
      const strict = [
        '-o',
        'BatchMode=yes',
        '-o',
        `UserKnownHostsFile=${knownHosts}`,
        '-o',
        'StrictHostKeyChecking=yes',
      ];
      const to = ['-i', key, '-p', String(guest.port), `${guest.user}@${guest.host}`];
      return ran('ssh', ['-F', 'none', ...strict, ...more, ...to, command]);
    },
    kill: async (...names) => {
      await call('kill', ...names);
    },
    start: async (...names) => {
      await call('start', ...names);
    },
    status: () => guestsOf('status'),
    pids: async (name) => Number(await call('pids', name)),
    sshdLog: (name) => readFileSync(join(directory, 'guests', name, 'sshd.log'), 'utf8'),
    down: async () => {
      await call('down');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await lab.up(options);
  } catch (error) {
    await lab.down();
    throw error;
  }
  return lab;
}
