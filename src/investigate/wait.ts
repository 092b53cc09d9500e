/** Who ended a wait, and from where. */
export interface Waker {
  readonly comm: string;
  /** Kernel functions, innermost first. */
  readonly stack: readonly string[];
}

/** Time that threads of one name were off the CPU at one place; all that were alike are one. */
export interface Wait {
  readonly comm: string;
  /** Process, null where the tool does not tell. */
  readonly pid: number | null;
  /** Kernel functions, innermost first; empty where only the waker is known. */
  readonly stack: readonly string[];
  /** Functions of the program, innermost first; empty where nobody asked. */
  readonly user: readonly string[];
  readonly waker: Waker | null;
  readonly us: number;
  /** It had not come back when the trace ended: this much so far. */
  readonly pending: boolean;
}

/** What was traced on one guest. */
export interface GuestWaits {
  readonly guest: string;
  readonly waits: readonly Wait[];
}
