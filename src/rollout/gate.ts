import { spawn } from 'node:child_process';

import pLimit from 'p-limit';

import type { Drift } from '../events.ts';
import type { Guest } from '../inventory/guest.ts';
import { runGuest, type Ended, type GuestRun, type Work } from './guest-run.ts';

/** What has to hold after a batch before the next one begins. */
export interface Gate {
  /** Looks at each guest of the batch again; null: they are not looked at. */
  readonly verify: Work | null;
  /** Run by the shell of this machine. */
  readonly command: string | null;
}

export interface GateResult {
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly reason?: string;
}

/** Outcomes of a second look that let a rollout go on. */
const HEALTHY: ReadonlySet<string> = new Set(['converged', 'reboot-pending', 'skipped']);
const NAMED = 3;
/** Of what a command printed last. */
const TAIL = 500;

/** A gate, whoever looks. */
export interface Asked {
  /** What is wrong with a guest, null: nothing. No looks: null. */
  readonly look: ((guest: string) => Promise<string | null>) | null;
  readonly command: string | null;
}

/**
 * Looks whether a batch is as it should be, and asks the command.
 * @param batch its name, and those of its guests that have not failed
 */
export async function askGate(
  { look, command }: Asked,
  batch: { readonly name: string; readonly guests: readonly string[] },
  run: Pick<GuestRun, 'deadlines' | 'leaving' | 'stopping'>,
  forks: number,
): Promise<GateResult> {
  if (look !== null) {
    const limit = pLimit(forks);
    const looks = batch.guests.map((guest) => limit(() => look(guest)));
    const wrong = (await Promise.all(looks)).filter((text) => text !== null);
    const more = wrong.length > NAMED ? `, and ${wrong.length - NAMED} more` : '';
    if (wrong.length > 0) return { passed: false, reason: wrong.slice(0, NAMED).join('; ') + more };
  }
  if (command === null) return { passed: true };
  return askCommand(command, batch, run);
}

/** Looks at a guest again: what is wrong with it, with its name; null: nothing. */
export async function lookAgain(guest: Guest, verify: Work, run: GuestRun): Promise<string | null> {
  let drifts: readonly Drift[] = [];
  // Its guests have ended: what is seen now is the gate's word, not theirs.
  const emit: GuestRun['emit'] = (event) => {
    if (event.kind === 'guest.drift') drifts = event.drifts;
  };
  const seen = await runGuest({ ...run, emit }, guest, verify);
  return HEALTHY.has(seen.outcome) ? null : `${guest.name} ${wordsFor(seen, drifts)}`;
}

function wordsFor(seen: Awaited<ReturnType<typeof runGuest>>, drifts: readonly Drift[]): string {
  const differences = drifts
    .filter(({ kind }) => kind !== 'reboot')
    .map(({ subject, desired, actual }) => `${subject} (wanted ${desired}, is ${actual})`);
  if (seen.outcome === 'drifted') return `differs: ${differences.slice(0, NAMED).join(', ')}`;
  const { reason }: Ended = seen;
  const why = seen.error?.message ?? reason;
  return `is ${seen.outcome}${why === undefined ? '' : `: ${why}`}`;
}

function askCommand(
  command: string,
  batch: { readonly name: string; readonly guests: readonly string[] },
  { deadlines, leaving, stopping }: Pick<GuestRun, 'deadlines' | 'leaving' | 'stopping'>,
): Promise<GateResult> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: { ...process.env, PROVISION_BATCH: batch.name, PROVISION_GUESTS: batch.guests.join(' ') },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what the shell has started ends with it.
      detached: true,
    });
    let said = '';
    let late = false;
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid);
      } catch {
        // It has ended by itself.
      }
    };
    const ms = deadlines.guest;
    const timer =
      ms === null
        ? undefined
        : setTimeout(() => {
            late = true;
            end();
          }, ms);
    const signal = AbortSignal.any([stopping, leaving]);
    signal.addEventListener('abort', end, { once: true });
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-TAIL);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const over = (how: string | null): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      const tail = said.trim() === '' ? '' : `: ${said.trim()}`;
      resolve(how === null ? { passed: true } : { passed: false, reason: `the gate's command ${how}${tail}` });
    };
    child.on('error', (error) => over(`could not be run (${error.message})`));
    child.on('close', (code, by) => {
      if (late) over(`took longer than ${(ms ?? 0) / 1000} s`);
      else over(code === 0 ? null : code === null ? `was ended by ${by ?? 'a signal'}` : `ended with ${code}`);
    });
  });
}
