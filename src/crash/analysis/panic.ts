import type { Panic } from './analysis.ts';

/** A kind of panic, from catalogue/crash/panics.yaml. */
export interface PanicRule {
  readonly trigger: string;
  /** Regular expression over what stands behind `Kernel panic - not syncing: `. */
  readonly match: string;
  readonly meaning: string;
}

/** What a panic message means; the first rule that matches counts, and a text that none knows means nothing yet. */
export function explainPanic(
  reason: string | null,
  rules: readonly PanicRule[],
): Pick<Panic, 'reason' | 'trigger' | 'meaning'> {
  const rule = reason === null ? undefined : rules.find(({ match }) => new RegExp(match).test(reason));
  return { reason, trigger: rule?.trigger ?? null, meaning: rule?.meaning ?? null };
}
