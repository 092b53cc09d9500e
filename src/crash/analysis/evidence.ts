import type { DumpFormat } from '../dump-format.ts';
import type { DumpIdentity } from '../dump-identity.ts';
import type { AnalysisFinding, Source } from './analysis.ts';
import type { KernelLog } from './log/read-log.ts';
import type { PanicRule } from './panic.ts';
import type { CrashAnswer } from './readers/crash-answer.ts';
import type { DrgnAnswer } from './readers/drgn-answer.ts';
import type { NoSymbols, Symbols } from './symbols/symbols.ts';
import type { TaintRule } from './taint.ts';

/** What is known of kernels that crashed: catalogue/crash. */
export interface CrashKnowledge {
  readonly panics: readonly PanicRule[];
  readonly taints: readonly TaintRule[];
}

/** Everything that was read from one dump, before anybody thinks about it. */
export interface Evidence {
  readonly dump: { readonly file: string; readonly format: DumpFormat; readonly bytes: number };
  readonly identity: DumpIdentity;
  /** Null when there was no log to be had. */
  readonly log: KernelLog | null;
  /** Null when nobody wanted any. */
  readonly symbols: Symbols | NoSymbols | null;
  readonly drgn: DrgnAnswer | null;
  readonly crash: CrashAnswer | null;
  /** What the readers' programs had to say about themselves. */
  readonly findings: readonly AnalysisFinding[];
  readonly sources: readonly Source[];
}
