/** A task that was blocked when evidence was collected. */
export interface BlockedTask {
  readonly tid: number;
  /** When it was started, in ticks since boot; with the id it names one task. */
  readonly start: string;
  readonly comm: string;
  /** How long it had been blocked by then. */
  readonly seconds: number;
  /** How long it was in the end, give or take a look, and whether it went on or is gone; null: that was not seen. */
  readonly ended: { readonly seconds: number; readonly how: 'woke' | 'gone' } | null;
}

/** Time that all tasks waited for memory or a disk. */
export interface PressureSpell {
  readonly resource: 'memory' | 'io';
  readonly seconds: number;
  /** PSI full avg10 when the evidence was collected. */
  readonly percent: number;
  readonly ended: { readonly seconds: number; readonly worst: number } | null;
}

export type EvidenceReason = 'blocked' | 'memory' | 'io';

/** What the watcher wrote when it collected, and afterwards. */
export interface EvidenceAbout {
  readonly why: EvidenceReason;
  /** There is an earlier piece about the same. */
  readonly again: boolean;
  /** Seconds since the epoch, by the guest's clock. */
  readonly time: number;
  readonly bootId: string;
  readonly kernel: string;
  readonly hostname: string;
  readonly uptimeSeconds: number;
  /** From so many seconds on a task counted as blocked. */
  readonly limitSeconds: number;
  /** Longest first. */
  readonly tasks: readonly BlockedTask[];
  readonly pressures: readonly PressureSpell[];
  /** The stacks were more than the guest may keep, and were left out. */
  readonly dropped: boolean;
}

/** One piece of evidence on a guest. */
export interface EvidencePiece {
  readonly name: string;
  readonly directory: string;
  /** Still in memory: the disk had no room, or hangs. */
  readonly place: 'disk' | 'memory';
  /** All its files together. */
  readonly bytes: number;
  /** null: left out, or lost. Time in seconds since the epoch. */
  readonly stacks: { readonly name: string; readonly size: number; readonly mtime: number } | null;
  /** null: it cannot be read. */
  readonly about: EvidenceAbout | null;
  /** Lines of the files `about` and `ended`. */
  readonly texts: { readonly about: readonly string[]; readonly ended: readonly string[] };
}

/** What a look at a guest's evidence found. */
export interface EvidenceAnswer {
  readonly now: number;
  readonly bootId: string;
  /** State of provision-watch.service: active, failed..; null: no systemd. */
  readonly watcher: string | null;
  /** Newest first. */
  readonly pieces: readonly EvidencePiece[];
}
