import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, GuestFinished } from './events.ts';
import type { Lab } from './lab.ts';

const PROGRAM = join(import.meta.dirname, '../../../dist/main.js');

export interface Provisioned {
  /** The exit code; 128 + n when signal n ended it, as a shell says it. */
  code: number;
  stdout: string;
  stderr: string;
  /** What `--json` said; empty without it. */
  events: Event[];
}

export interface ProvisionOptions {
  env?: Record<string, string>;
  /** `$HOME`; {@link homeOf} by default. */
  home?: string;
}

/** A `provision` that runs. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Provisioned>;
  /** What it has written so far. */
  readonly said: { stdout: string; stderr: string };
  kill: (signal: NodeJS.Signals) => void;
}

/** A home that knows the lab's host keys, and nothing of the person who runs the tests. */
export function homeOf(lab: Lab): string {
  const home = join(lab.directory, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  writeFileSync(join(home, '.ssh/config'), `Host *\n  UserKnownHostsFile ${lab.knownHosts}\n`);
  return home;
}

/** Starts `provision` without a terminal, on the lab's inventory. */
export function startProvision(lab: Lab, args: readonly string[], options: ProvisionOptions = {}): Running {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: options.home ?? homeOf(lab),
    PROVISION_INVENTORY: lab.inventory,
    ...options.env,
  };
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env,
    cwd: lab.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<Provisioned>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const events = args.includes('--json') ? eventsOf(said.stdout) : [];
      resolve({ ...said, code: code ?? (signal === 'SIGKILL' ? 137 : 128), events });
    });
  });
  return { pid: child.pid ?? 0, ended, said, kill: (signal) => void child.kill(signal) };
}

/** Runs `provision` to its end. */
export function provision(lab: Lab, args: readonly string[], options: ProvisionOptions = {}): Promise<Provisioned> {
  return startProvision(lab, args, options).ended;
}

/** Every whole line is one event; a line that is none throws. */
export function eventsOf(text: string): Event[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event);
}

/** How each guest ended, by name. */
export function endings({ events }: Provisioned): Record<string, GuestFinished> {
  return Object.fromEntries(
    events
      .filter((event): event is GuestFinished => event.kind === 'guest.finished')
      .map((event) => [event.guest, event]),
  );
}

/** Polls until the condition holds. @throws Error that says what was waited for, when the time is over */
export async function until(what: string, condition: () => Promise<boolean> | boolean, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
