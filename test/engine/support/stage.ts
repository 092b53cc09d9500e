import type { Attempt, Perform } from '../../../src/engine/attempts.ts';
import type { EngineLink } from '../../../src/engine/link.ts';
import { GuestWorker } from '../../../src/engine/worker.ts';
import type { GuestEnd } from '../../../src/rollout/engine.ts';
import { VERSION } from './rollout.ts';

/** An attempt that waits for the test to end it. */
export interface Waiting {
  readonly attempt: Attempt;
  end: (end: Partial<GuestEnd>) => void;
}

/** Stands for SSH: each change waits until the test says how it ended, and what a look sees is the test's to say. */
export class Stage implements Perform {
  readonly waiting: Waiting[] = [];
  /** All attempts at changes that there were, the first one first. */
  readonly attempts: Attempt[] = [];
  /** Ends changes at once instead. */
  atOnce: ((attempt: Attempt) => Partial<GuestEnd> | Promise<Partial<GuestEnd>>) | undefined;
  look: (attempt: Attempt) => string | null | Promise<string | null> = () => null;
  /** Told when an attempt has come. */
  came: () => void = () => undefined;

  async change(attempt: Attempt): Promise<GuestEnd> {
    this.attempts.push(attempt);
    if (this.atOnce !== undefined) return endOf(await this.atOnce(attempt));
    return new Promise((resolve) => {
      const waiting: Waiting = {
        attempt,
        end: (end) => {
          this.waiting.splice(this.waiting.indexOf(waiting), 1);
          resolve(endOf(end));
        },
      };
      attempt.signal.addEventListener('abort', () => waiting.end({ outcome: 'interrupted' }), { once: true });
      this.waiting.push(waiting);
      this.came();
    });
  }

  async check(attempt: Attempt): Promise<string | null> {
    return this.look(attempt);
  }

  /** The attempts at guests of one run that wait. */
  of(run: string): Waiting[] {
    return this.waiting.filter(({ attempt }) => attempt.head.id === run);
  }

  at(guest: string): Waiting | undefined {
    return this.waiting.find(({ attempt }) => attempt.guest.name === guest);
  }
}

function endOf(end: Partial<GuestEnd>): GuestEnd {
  return { outcome: 'changed', changes: 1, ms: 1, ...end };
}

export interface WorkerShape {
  perform: Perform;
  forks?: number;
  only?: string[];
  version?: string;
  note?: (text: string) => void;
}

export async function worker(
  on: EngineLink,
  { perform, forks = 100, only = [], version = VERSION, note = () => undefined }: WorkerShape,
): Promise<GuestWorker> {
  const made = new GuestWorker(on, { version, forks, only, perform, note });
  await made.start();
  return made;
}
