import type { Guest } from '../inventory/guest.ts';
import type { DesiredState } from '../profile/desired.ts';
import type { Deadlines } from '../rollout/deadline.ts';
import type { Schedule } from '../rollout/strategy/rollout-state.ts';

/** What a run is, for people. */
export interface QueueRunHead {
  readonly id: string;
  readonly command: string;
  readonly profile?: string;
  /** `user@host` of the one who began it. */
  readonly by: string;
  /** Of provision; its workers have the same. */
  readonly version: string;
  /** ISO 8601, by the clock of the server. */
  readonly startedAt: string;
}

/** What is asked of every guest, whoever does it. */
export interface GuestRequest {
  readonly command: QueueCommand;
  /** Plans are shown, nothing is changed. */
  readonly dryRun: boolean;
  readonly adopt: boolean;
  readonly purge: boolean;
  /** Milliseconds to wait for a reboot; null: guests are not rebooted. */
  readonly rebootMs: number | null;
  /** Others may hold a guest: they are waited for. */
  readonly waits: boolean;
  readonly deadlines: Deadlines;
  /** Milliseconds for one look at a guest. */
  readonly probeMs: number;
}

export const QUEUE_COMMANDS = ['apply', 'rollback', 'arm', 'disarm'] as const;
export type QueueCommand = (typeof QUEUE_COMMANDS)[number];

/**
 * A guest as a job carries it: how to reach it, by a worker's own keys. What it is to become is in the run, once for all
 * guests that are to become the same.
 */
export interface QueuedGuest {
  readonly guest: Guest;
  /** Digest of its desired state; null for commands that go by the guest's own record. */
  readonly desired: string | null;
  /** The queue that it goes through. */
  readonly queue: string;
}

/** All that a controller needs, so that any machine can be the next one. */
export interface QueueRun {
  readonly head: QueueRunHead;
  readonly request: GuestRequest;
  readonly schedule: Schedule;
  readonly gate: { readonly verify: boolean; readonly command: string | null };
  readonly guests: readonly QueuedGuest[];
  readonly desired: ReadonlyMap<string, DesiredState>;
}

/** One job. */
export interface GuestJob {
  readonly run: string;
  readonly guest: Guest;
  readonly desired: string | null;
  readonly task: GuestTask;
}

/** A change, or a look for the gate after a batch (from 0). */
export type GuestTask = { readonly kind: 'change' } | { readonly kind: 'check'; readonly batch: number };

/**
 * Names a job so that asking for it twice is asking once. Names of guests may hold anything, so it goes by their place.
 * @param place of the guest in the run
 */
export function jobIdOf(run: string, place: number, task: GuestTask): string {
  return `${run}.${place}${task.kind === 'check' ? `.check${task.batch}` : ''}`;
}

/** What leaves this machine of a guest: nothing about keys, files or variables of the one who asks. */
export function travelling({ name, transport, host, port, user, jump, become }: Guest): Guest {
  return {
    name,
    transport,
    host,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(jump === undefined ? {} : { jump }),
    become,
    groups: [],
    vars: [],
  };
}
