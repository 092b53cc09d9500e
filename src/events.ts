import type { Dump, DumpsAnswer } from './crash/dumps/dump.ts';
import type { ArmFact, Facts } from './facts/facts.ts';
import type { Checkup } from './investigate/doctor/checkup.ts';
import type { ExplainedPiece } from './investigate/evidence/explain.ts';
import type { EvidenceAnswer } from './investigate/evidence/piece.ts';
import type { GuestStacks, StackGroup } from './investigate/stacks/group.ts';
import type { Fix, KernelAge, NextStep } from './investigate/explanation.ts';
import type { ContendedLock } from './investigate/reading/held-locks.ts';
import type { TopWait } from './investigate/flame/top.ts';
import type { BlockedOn, StackFrame, TraceKind, TraceTask } from './investigate/trace.ts';
import type { Finding, Plan, StepKind } from './plan/plan.ts';

/** How a guest ended. */
export type Outcome =
  | 'converged' // nothing to do
  | 'changed' // done, read back
  | 'captured' // crashed on purpose, and proven captured
  | 'planned' // dry-run: this much would change
  | 'drifted' // verify found differences
  | 'reboot-pending'
  | 'refused' // preflight said no
  | 'skipped' // the profile does not match this guest
  | 'failed'
  | 'unreachable'
  | 'interrupted'
  | 'not-begun'; // the rollout stopped before its turn

export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly step?: string;
}

export interface Drift {
  readonly kind: StepKind | 'boot-conflict' | 'kdump';
  readonly subject: string;
  readonly desired: string;
  readonly actual: string;
}

/** How far a guest that goes down has come: gone, a new boot answers, and that boot is proven. */
export type ComingBack = 'down' | 'answering' | 'back';
export type RebootPhase = 'requested' | ComingBack;

/** How far a crash on purpose has come, as seen from here. */
export type CrashPhase = 'triggered' | ComingBack;

/** One thing that a crash test looked at. */
export interface Check {
  readonly name: 'boot' | 'directory' | 'tag' | 'trigger' | 'dump';
  readonly ok: boolean;
  readonly text: string;
}

/** Milliseconds after the trigger, by the guest's clock; null where it did not come to that. */
export interface CrashTimeline {
  readonly savedMs: number | null;
  readonly rebootedMs: number | null;
  readonly backMs: number | null;
}

/** A frame of a stack, and what it is for. */
export interface FrameReport extends StackFrame {
  readonly note: string | null;
}

/** Everything that happens in a run, as data. docs/events.md is the schema for readers outside. */
export type Event =
  | {
      readonly kind: 'run.started';
      readonly command: string;
      readonly profile?: string;
      readonly guests: readonly string[];
    }
  | {
      readonly kind: 'batch.started';
      readonly batch: number;
      readonly of: number;
      readonly name: string;
      readonly guests: readonly string[];
    }
  | { readonly kind: 'batch.finished'; readonly batch: number; readonly failed: number; readonly ms: number }
  | { readonly kind: 'rollout.paused'; readonly ms: number }
  | { readonly kind: 'rollout.gate'; readonly batch: number; readonly passed: boolean; readonly reason?: string }
  | { readonly kind: 'rollout.stopped'; readonly reason: string; readonly notBegun: number }
  | { readonly kind: 'guest.begun'; readonly guest: string }
  | {
      readonly kind: 'guest.connected';
      readonly guest: string;
      readonly ms: number;
      /** Handshakes that a busy server cut off, and that were tried again; left out when there were none. */
      readonly retries?: number;
    }
  | { readonly kind: 'guest.facts'; readonly guest: string; readonly facts: Facts }
  | { readonly kind: 'guest.plan'; readonly guest: string; readonly plan: Plan; readonly dryRun: boolean }
  | {
      readonly kind: 'guest.step';
      readonly guest: string;
      readonly stage: number;
      readonly step: string;
      readonly status: 'started' | 'done' | 'failed';
      readonly message?: string;
    }
  | { readonly kind: 'guest.output'; readonly guest: string; readonly line: string }
  | {
      readonly kind: 'guest.reboot';
      readonly guest: string;
      readonly phase: RebootPhase;
      readonly ms: number;
    }
  | { readonly kind: 'guest.gate'; readonly guest: string; readonly state: ArmFact['state']; readonly reason: string }
  | { readonly kind: 'guest.crash'; readonly guest: string; readonly phase: CrashPhase; readonly ms: number }
  | {
      readonly kind: 'guest.crash-test';
      readonly guest: string;
      readonly tag: string;
      readonly mode: 'sysrq' | 'hang';
      readonly timeline: CrashTimeline;
      readonly checks: readonly Check[];
      readonly dump: Dump | null;
      /** What the capture kernel said last; empty when the crash was captured. */
      readonly captureLog: readonly string[];
      /** Why the crash was not captured; null: it was. */
      readonly failure: string | null;
    }
  | {
      readonly kind: 'guest.drift';
      readonly guest: string;
      readonly drifts: readonly Drift[];
      readonly findings: readonly Finding[];
    }
  | ({ readonly kind: 'guest.dumps'; readonly guest: string } & DumpsAnswer)
  | {
      readonly kind: 'guest.transfer';
      readonly guest: string;
      readonly dump: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly kind: 'guest.fetched';
      readonly guest: string;
      readonly dump: string;
      readonly state: 'fetched' | 'present' | 'left';
      readonly to: string | null;
      readonly vmcore: string | null;
      readonly bytes: number;
      readonly ms: number;
      readonly deleted: boolean;
      readonly reason?: string;
    }
  | { readonly kind: 'guest.stacks'; readonly guest: string; readonly round: number; readonly stacks: GuestStacks }
  | {
      readonly kind: 'stacks.changed';
      readonly guest: string;
      readonly round: number;
      readonly appeared: readonly StackGroup[];
      readonly gone: readonly StackGroup[];
    }
  | ({ readonly kind: 'stacks.group' } & StackGroup)
  | ({ readonly kind: 'guest.evidence'; readonly guest: string } & EvidenceAnswer)
  | {
      readonly kind: 'guest.evidence-fetched';
      readonly guest: string;
      readonly piece: string;
      readonly state: 'fetched' | 'present';
      readonly to: string;
      readonly bytes: number;
      readonly ms: number;
    }
  | ({ readonly kind: 'guest.evidence-explained' } & ExplainedPiece)
  | { readonly kind: 'guest.doctor'; readonly guest: string; readonly checks: readonly Checkup[] }
  | {
      readonly kind: 'guest.trace-tool';
      readonly guest: string;
      readonly tool: string;
      /** Where it is on the guest. */
      readonly program: string;
      readonly version: string | null;
      readonly because: string;
      readonly passedOver: readonly { readonly tool: string; readonly reason: string }[];
    }
  | {
      readonly kind: 'guest.tracing';
      readonly guest: string;
      readonly phase: 'starting' | 'tracing' | 'stopping' | 'reading';
      readonly second: number;
      readonly of: number;
    }
  | {
      readonly kind: 'guest.trace';
      readonly guest: string;
      readonly mode: string;
      readonly target: string;
      readonly tool: string;
      readonly us: number;
      readonly stacks: number;
      /** Left in D meanwhile, and not come back: so long until the end. */
      readonly pending: readonly { readonly comm: string; readonly pid: number | null; readonly us: number }[];
      /** In D before it began and ever since: no tool sees them. */
      readonly stuck: readonly { readonly comm: string; readonly pid: number; readonly tid: number }[];
      readonly lost: number;
      readonly full: boolean;
      readonly stopped: boolean;
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'trace.top';
      /** Microseconds of all guests. */
      readonly us: number;
      readonly waits: readonly TopWait[];
      /** What a person calls the kinds of waits. */
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'trace.written'; readonly files: readonly { readonly format: string; readonly path: string }[] }
  | {
      readonly kind: 'guest.finished';
      readonly guest: string;
      readonly outcome: Outcome;
      readonly changes: number;
      readonly ms: number;
      readonly reason?: string;
      readonly error?: ErrorReport;
    }
  | {
      readonly kind: 'run.finished';
      readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
      readonly exitCode: number;
      readonly ms: number;
    }
  | {
      readonly kind: 'explain.match';
      /** Null: the stack fits none, and the category is `unknown`. */
      readonly signature: string | null;
      readonly category: string;
      readonly confidence: number;
      readonly task: TraceTask | null;
      readonly tasks: number;
      readonly state: string | null;
      readonly blockedSeconds: number | null;
      readonly blockedOn: BlockedOn | null;
      readonly cpu: number | null;
      readonly trace: TraceKind;
      readonly line: number;
      readonly count: number;
      readonly weight: number;
      readonly headline: string | null;
      readonly subsystem: string | null;
      readonly age: KernelAge;
      readonly frames: readonly FrameReport[];
      readonly title?: string;
      readonly meaning?: string;
      readonly next: readonly NextStep[];
      readonly fixes: readonly Fix[];
      readonly mitigations?: readonly string[];
      readonly references?: readonly string[];
    }
  | {
      readonly kind: 'explain.read';
      readonly source: string;
      readonly lines: number;
      readonly stacks: number;
      readonly different: number;
      readonly dropped: number;
      readonly release: string | null;
      readonly locks: readonly ContendedLock[];
    };
export type EventKind = Event['kind'];
