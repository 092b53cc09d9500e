/**
 * The one error class. Expected failures carry a code, what to do now, and where it happened;
 * anything else that is thrown is a bug and is printed with its stack.
 */
export type ErrorCode =
  // the command line, a profile or an inventory is wrong: exit 2, nothing touched
  | 'E_USAGE'
  | 'E_PROFILE'
  | 'E_INVENTORY'
  | 'E_PLAN_FILE'
  | 'E_CATALOGUE'
  | 'E_JOURNAL'
  // the queue that a run is given to cannot be reached, or is not fit to hold one: exit 2, nothing touched
  | 'E_ENGINE'
  // this controller cannot go on with a run that has begun, and somebody else can: exit 1
  | 'E_CONTROL'
  // the guest cannot be reached: exit 4 when nothing else failed
  | 'E_UNREACHABLE'
  | 'E_TIMEOUT'
  | 'E_AUTH'
  | 'E_HOST_KEY_UNKNOWN'
  | 'E_HOST_KEY_CHANGED'
  | 'E_HOST_KEY_REVOKED'
  | 'E_SSH_UNSUPPORTED'
  | 'E_CONNECTION_LOST'
  // the guest was reached, and something failed there: exit 1
  | 'E_SUDO'
  | 'E_PROBE'
  | 'E_GUEST_SHELL'
  | 'E_PREFLIGHT'
  | 'E_STALE_PLAN'
  | 'E_LOCKED'
  | 'E_FENCED'
  | 'E_CONVERGE'
  | 'E_PACKAGES'
  | 'E_DISK_FULL'
  | 'E_READ_ONLY'
  | 'E_READ_BACK'
  | 'E_STATE'
  | 'E_REBOOT'
  | 'E_NOT_ARMED'
  | 'E_CAPTURE'
  | 'E_DUMP'
  | 'E_TRACE'
  | 'E_EVIDENCE'
  | 'E_SYMBOLS'
  | 'E_LOCAL_TOOL'
  | 'E_LOCAL_FILE'
  | 'E_DEADLINE'
  | 'E_INTERRUPTED';

/** A place in a text file, 1-based, or a guest and the step it was in. */
export type Place =
  | { readonly file: string; readonly line?: number; readonly col?: number; readonly excerpt?: string }
  | { readonly guest: string; readonly step?: string };

export interface ErrorDetails {
  /** What the person should do now, one sentence. */
  readonly hint?: string | undefined;
  readonly where?: Place | undefined;
  readonly cause?: unknown;
}

export class ProvisionError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Place | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ProvisionError';
    this.code = code;
    this.hint = details.hint;
    this.where = details.where;
  }
}

/** Several profile or inventory errors found in one reading; each is printed on its own. */
export class ProvisionErrors extends ProvisionError {
  readonly errors: readonly ProvisionError[];

  constructor(errors: readonly [ProvisionError, ...ProvisionError[]]) {
    super(errors[0].code, errors[0].message, errors[0]);
    this.errors = errors;
  }
}

/** Codes after which a guest counts as unreachable (exit 4) rather than failed (exit 1). */
export const UNREACHABLE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_UNREACHABLE',
  'E_TIMEOUT',
  'E_AUTH',
  'E_HOST_KEY_UNKNOWN',
  'E_HOST_KEY_CHANGED',
  'E_HOST_KEY_REVOKED',
  'E_SSH_UNSUPPORTED',
  'E_DEADLINE',
]);
