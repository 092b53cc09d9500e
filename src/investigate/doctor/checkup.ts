import type { DumpsAnswer } from '../../crash/dumps/dump.ts';
import type { Distribution } from '../../facts/distribution.ts';
import type { Facts } from '../../facts/facts.ts';
import type { Instruments } from './instruments.ts';

/** bad: a hang could not be read; warn: less than could be had; unknown: this user may not see it. */
export type CheckupLevel = 'ok' | 'warn' | 'bad' | 'unknown';

/** One line of the page. */
export interface Checkup {
  /** kernel, kdump, symbols.. */
  readonly topic: string;
  readonly level: CheckupLevel;
  readonly text: string;
  /** What mends it, as commands; `guest$` runs on the guest. Null: nothing to mend, or nothing that a command could. */
  readonly mend: string | null;
}

/** Everything that a page follows from. */
export interface Patient {
  readonly guest: string;
  readonly facts: Facts;
  readonly instruments: Instruments;
  /** Null: this user may not see them. */
  readonly dumps: DumpsAnswer | null;
  /** Null: a system that the catalogue does not know. */
  readonly distribution: Distribution | null;
}

export type Examine = (patient: Patient) => readonly Checkup[];

export const ok = (topic: string, text: string): Checkup => ({ topic, level: 'ok', text, mend: null });
export const warn = (topic: string, text: string, mend: string | null = null): Checkup => ({
  topic,
  level: 'warn',
  text,
  mend,
});
export const bad = (topic: string, text: string, mend: string | null = null): Checkup => ({
  topic,
  level: 'bad',
  text,
  mend,
});

/** A command that a person runs on the guest. */
export function onGuest(command: string): string {
  return `guest$ ${command}`;
}
