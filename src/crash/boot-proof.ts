import { OTHER_ENTRY } from '../plan/reboot.ts';

/** What a guest said of the boot that answered, in two looks a few seconds apart. */
export interface BootLook {
  readonly bootId: string;
  readonly machineId: string;
  readonly cmdline: string;
  /** Of the last look. */
  readonly uptimeSeconds: number;
  readonly captureKernel: boolean;
  /** The boot that the second look saw; null when it was not worth one. */
  readonly bootIdAgain: string | null;
  /** What `systemctl is-system-running` said last; null without systemd. */
  readonly system: string | null;
  /** Units that hold up the shutdown of the old boot. */
  readonly stopping: readonly string[];
  /** Why the old boot is not going to end after all; null when nobody said so. */
  readonly givenUp: string | null;
}

/** The boot that was asked to end, and what is wanted of the next. */
export interface RebootAsked {
  readonly bootId: string;
  readonly machineId: string;
  /** Seconds since then, when the look was over. */
  readonly elapsedSeconds: number;
  /** What is wrong with a command line; null: nothing. */
  readonly mismatch: (cmdline: string) => string | null;
}

export interface Verdict {
  /** `wrong` and `given-up` will not become right by waiting; the others but `back` may. */
  readonly kind: 'same-boot' | 'given-up' | 'capture-kernel' | 'booting' | 'back' | 'wrong';
  readonly text: string;
  readonly hint?: string;
}

const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Clocks of two machines, and the answer's way back. */
const SLACK_S = 10;
/** A guest whose boot jobs have not ended by then has one that never will, and is up all the same. */
export const STARTING_LIMIT_S = 300;
const SETTLED: ReadonlySet<string> = new Set(['running', 'degraded']);

/** Whether the boot that answers is the one that was waited for. Pure: everything it knows is in its arguments. */
export function judgeBoot(asked: RebootAsked, look: BootLook): Verdict {
  if (!BOOT_ID.test(look.bootId)) return { kind: 'booting', text: 'it answers without a boot id' };
  if (asked.machineId !== '' && look.machineId !== '' && look.machineId !== asked.machineId) {
    return { kind: 'wrong', text: 'another machine answers at its address (its machine id differs)' };
  }
  if (look.bootId === asked.bootId && look.givenUp !== null) return { kind: 'given-up', text: look.givenUp };
  if (look.bootId === asked.bootId) return { kind: 'same-boot', text: sameBoot(look) };
  if (look.captureKernel) return { kind: 'capture-kernel', text: 'it crashed, and is still saving a dump' };
  if (look.uptimeSeconds > asked.elapsedSeconds + SLACK_S) {
    const up = `${Math.round(look.uptimeSeconds)} s of uptime`;
    const since = `${Math.round(asked.elapsedSeconds)} s after it was asked to reboot`;
    return { kind: 'wrong', text: `it answers with ${up}, ${since}: this is not that reboot's boot` };
  }
  if (look.bootIdAgain !== look.bootId) return { kind: 'booting', text: 'it answered, and went away again' };
  if (look.system !== null && !SETTLED.has(look.system)) {
    const stuck = look.system === 'starting' && look.uptimeSeconds >= STARTING_LIMIT_S;
    if (!stuck) return { kind: 'booting', text: `it answers, and its system is ${look.system || 'not ready'}` };
  }
  const mismatch = asked.mismatch(look.cmdline);
  if (mismatch !== null) return { kind: 'wrong', text: mismatch, hint: OTHER_ENTRY };
  return { kind: 'back', text: `up for ${Math.round(look.uptimeSeconds)} s` };
}

function sameBoot({ stopping }: BootLook): string {
  const waits = stopping.length === 0 ? '' : `; it waits for ${stopping.join(', ')}`;
  return `it never went down: the same boot still answers${waits}`;
}
