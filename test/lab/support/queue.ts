import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { expect } from 'vitest';

import type { Event } from '../../../src/events.ts';
import { startRedis, type RedisOptions, type TestRedis } from '../../engine/support/redis.ts';
import { labUp, type Lab, type LabOptions, type Ran } from './lab.ts';
import { begin, type Running } from './running.ts';

const MAIN = join(import.meta.dirname, '../../../dist/main.js');
const DEADLINE_MS = 120_000;

/** What a light guest takes. */
export const LIGHT = ['--yes', '--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];

/** Counts the converges of a guest by the one sysctl fragment that each puts in its place, and holds one up there. */
const COUNTING = `#!/bin/sh
case "$*" in *" /etc/sysctl.d/"*)
  cat /run/provision/current >>/tmp/moves
  [ ! -e /tmp/hold ] || { touch /tmp/held; while [ -e /tmp/hold ]; do sleep 0.1; done; } ;;
esac
exec /usr/bin/mv.real "$@"
`;

/** A lab with a Redis, and processes of provision's that meet there. */
export interface QueueLab {
  readonly lab: Lab;
  readonly redis: TestRedis;
  /** Starts a worker on a machine of that name. */
  readonly worker: (host: string, args?: readonly string[], env?: NodeJS.ProcessEnv) => Running;
  /** Starts a command that goes through the queue. */
  readonly begin: (command: string, ...args: string[]) => Running;
  /** The same, to its end. */
  readonly provision: (command: string, ...args: string[]) => Promise<Ran>;
  /** The same without the queue. */
  readonly alone: (command: string, ...args: string[]) => Promise<Ran>;
  /** The same through the queue from another machine: another home, folder and host name, no inventory and no SSH keys. */
  readonly elsewhere: (...args: string[]) => Running;
  /** A path of a guest's, as this machine sees it. */
  readonly within: (name: string, path: string) => string;
  /** Ends all processes, and forgets what Redis holds; it runs afterwards, whatever a case has done to it. */
  readonly reset: () => Promise<void>;
  readonly down: () => Promise<void>;
}

export interface QueueOptions {
  readonly redis?: RedisOptions;
  /** What is given as `--engine`, where it is not the plain address. */
  readonly address?: (redis: TestRedis) => string;
  /** For all processes. */
  readonly env?: NodeJS.ProcessEnv;
}

export async function queueLab(guests: LabOptions, options: QueueOptions = {}): Promise<QueueLab> {
  const [lab, redis] = await Promise.all([labUp(guests), startRedis(options.redis)]);
  const started: Running[] = [];
  const common = { ...process.env, ...options.env };
  const env = { ...common, HOME: lab.directory, PROVISION_RUNS: join(lab.directory, 'runs') };
  const away = join(lab.directory, 'elsewhere');
  mkdirSync(away);
  const start = (file: string, args: readonly string[], its: NodeJS.ProcessEnv): Running => {
    const running = begin(file, args, its);
    started.push(running);
    return running;
  };
  const named = (host: string, args: readonly string[], its: NodeJS.ProcessEnv): Running => {
    const rename = ['--uts', 'sh', '-c', `cd "$HOME" && hostname ${host} && exec "$@"`, 'sh'];
    return start('unshare', [...rename, process.execPath, MAIN, ...args], its);
  };
  const endAll = async (): Promise<void> => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.splice(0).map(({ ended }) => ended.catch(() => undefined)));
  };
  const engine = ['--engine', options.address?.(redis) ?? redis.url];
  const config = ['-F', join(lab.directory, 'ssh_config')];
  const here = (...args: string[]): Running =>
    start(process.execPath, [MAIN, ...args, ...config], { ...env, PROVISION_INVENTORY: lab.inventory });
  const command = (name: string, ...args: string[]): Running => here(name, ...args, ...engine);
  return {
    lab,
    redis,
    worker: (host, args = [], more = {}) =>
      named(host, ['worker', ...engine, ...config, '--private-key', lab.key, ...args], { ...env, ...more }),
    begin: command,
    provision: (name, ...args) => command(name, ...args).ended,
    alone: (name, ...args) => here(name, ...args).ended,
    elsewhere: (...args) =>
      named('elsewhere', [...args, ...engine], { ...common, HOME: away, PROVISION_RUNS: join(away, 'runs') }),
    within: (name, path) => {
      const pid = lab.guests.find((guest) => guest.name === name)?.pid;
      if (pid == null) throw new Error(`no guest ${name} that runs`);
      return `/proc/${pid}/root${path}`;
    },
    reset: async () => {
      await endAll();
      if (redis.pid() === null) await redis.restart();
      await redis.cli('FLUSHALL');
    },
    down: async () => {
      await endAll();
      await redis.stop();
      await lab.down();
    },
  };
}

/** From here on the converges of these guests are counted. */
export function count({ within }: QueueLab, names: readonly string[]): void {
  for (const name of names) {
    renameSync(within(name, '/usr/bin/mv'), within(name, '/usr/bin/mv.real'));
    writeFileSync(within(name, '/usr/bin/mv'), COUNTING);
    chmodSync(within(name, '/usr/bin/mv'), 0o755);
  }
}

/** The converges of a guest so far: by whom each was begun, `root@w1 (provision apply, run ID)`. */
export function converges({ within }: QueueLab, name: string): string[] {
  const file = within(name, '/tmp/moves');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(' ').slice(3).join(' ')); // prettier-ignore
}

export const forget = ({ within }: QueueLab, name: string): void => rmSync(within(name, '/tmp/moves'), { force: true });

/** The next converge of this guest is held up before its first sysctl fragment, until it is let go. */
export const hold = ({ within }: QueueLab, name: string): void => writeFileSync(within(name, '/tmp/hold'), '');
export const held = (queue: QueueLab, name: string): Promise<void> => until(`${name} is held up`, () => existsSync(queue.within(name, '/tmp/held'))); // prettier-ignore
export function letGo({ within }: QueueLab, name: string): void {
  rmSync(within(name, '/tmp/hold'), { force: true });
  rmSync(within(name, '/tmp/held'), { force: true });
}

/** Waits for a condition of this machine. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) expect.fail(`never: ${what}`);
    await wait(50);
  }
}

type Finished = Extract<Event, { kind: 'guest.finished' }>;
export const eventsOf = ({ stdout }: Ran): Event[] => stdout.trim().split('\n').map((line) => JSON.parse(line) as Event); // prettier-ignore
export const endings = (ran: Ran): Map<string, Finished> =>
  new Map(eventsOf(ran).flatMap((event) => (event.kind === 'guest.finished' ? [[event.guest, event]] : [])));
/** How many ended in which way. */
export function tally(ran: Ran): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of endings(ran).values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
/** How each one ended, in that order, without the times. */
export const told = (ran: Ran): unknown[] =>
  [...endings(ran).values()].map(({ guest, outcome, error, reason }) => [guest, outcome, error?.code, reason]);
