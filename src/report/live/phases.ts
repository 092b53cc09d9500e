import type { CrashPhase } from '../../events.ts';

/** What a guest that runs is busy with; the words are those that a person sees. */
export type Phase =
  'connecting' | 'reading' | 'changing' | 'rebooting' | 'arming' | 'crashing' | 'fetching' | 'tracing';

/** What takes longest and can go wrong first. */
export const PHASES: readonly Phase[] = [
  'crashing',
  'rebooting',
  'arming',
  'fetching',
  'changing',
  'tracing',
  'reading',
  'connecting',
];

/** A guest that runs. Times are the clock's, milliseconds. */
export interface Running {
  readonly since: number;
  phase: Phase;
  phaseSince: number;
  /** What it does within the phase, in the words of the plan or of the guest; may be empty. */
  step: string;
  transfer?: Transfer;
}

/** A file on its way here: what there was when it was first heard of, and what there is now; bytes and milliseconds. */
export interface Transfer {
  readonly dump: string;
  readonly since: number;
  readonly from: number;
  readonly done: number;
  readonly total: number;
}

export const CRASH_STEPS: Readonly<Record<CrashPhase, string>> = {
  triggered: 'crashing',
  down: 'crashed; the dump is being saved',
  answering: 'back, and booting',
  back: 'reading what was saved',
};
