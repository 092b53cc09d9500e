import { ProvisionError, UNREACHABLE_CODES, type ErrorCode } from '../errors.ts';
import type { Outcome } from '../events.ts';

export type Outcomes = Readonly<Partial<Record<Outcome, number>>>;

export interface ExitOptions {
  readonly dryRun: boolean;
  /** Differences found by a dry-run exit 3. */
  readonly detailedExitcode: boolean;
  /** The person stopped the run. */
  readonly interrupted?: boolean;
}

/**
 * The exit code of a run, the strongest claim first: interrupted 130, a guest failed 1, unreachable 4, differences 3,
 * reboot pending 5, converged 0. A dry-run only shows, so what it would refuse is not a failure.
 */
export function exitCodeFor(outcomes: Outcomes, options: ExitOptions): number {
  const has = (outcome: Outcome): boolean => (outcomes[outcome] ?? 0) > 0;
  if (options.interrupted === true) return 130;
  if (has('failed') || has('interrupted') || has('not-begun') || (has('refused') && !options.dryRun)) return 1;
  if (has('unreachable')) return 4;
  const wouldDiffer = options.dryRun && options.detailedExitcode && (has('planned') || has('refused'));
  if (has('drifted') || wouldDiffer) return 3;
  return has('reboot-pending') ? 5 : 0;
}

/** Codes that mean: what was asked for is wrong, and nothing was touched. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_USAGE',
  'E_PROFILE',
  'E_INVENTORY',
  'E_PLAN_FILE',
  'E_CATALOGUE',
  'E_JOURNAL',
  'E_ENGINE',
]);

/** The exit code when an error ends the whole command; a bug is 70, so that no script takes it for a failed guest. */
export function exitCodeForError(error: unknown): number {
  if (!(error instanceof ProvisionError)) return 70;
  if (error.code === 'E_INTERRUPTED') return 130;
  if (USAGE_CODES.has(error.code)) return 2;
  return UNREACHABLE_CODES.has(error.code) ? 4 : 1;
}
