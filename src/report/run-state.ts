import type { Drift, ErrorReport, Event, EventKind, Outcome, RebootPhase } from '../events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import { changesOf, Fold, guestOrder, planBody, type GuestOrder } from './plan-fold.ts';

export type EventOf<K extends EventKind> = Extract<Event, { kind: K }>;

/** What a guest's end looks like to a reader; guests that share one are one line. */
export interface Result {
  readonly outcome: Outcome;
  readonly changes: number;
  readonly reason?: string;
  readonly error?: ErrorReport;
  /** The last lines the guest printed before it failed. */
  readonly tail: readonly string[];
}

export interface DriftReport {
  readonly drifts: readonly Drift[];
  readonly findings: readonly Finding[];
}

export type Reboot = Readonly<Partial<Record<RebootPhase, number>>>;

const TAIL = 10;

/** What a report knows of the run so far. Grows with the differences between guests, not with their number. */
export class RunState {
  command: string;
  profile: string | undefined;
  dryRun: boolean;
  total = 0;
  order: GuestOrder = guestOrder([]);
  readonly plans = new Fold<Plan>();
  readonly drifts = new Fold<DriftReport>();
  readonly results = new Fold<Result>();
  readonly times = new Map<string, number>();
  readonly facts: { readonly guest: string; readonly facts: Facts }[] = [];
  /** Milliseconds from the request of a guest's reboot to each of its phases. */
  readonly reboots = new Map<string, Reboot>();
  readonly dumps: EventOf<'guest.dumps'>[] = [];
  /** The latest look at each guest. */
  readonly stacks = new Map<string, EventOf<'guest.stacks'>>();
  readonly evidence: EventOf<'guest.evidence'>[] = [];
  readonly outcomes = new Map<Outcome, number>();
  readonly planned = new Set<string>();
  /** Guests that an apply would refuse, and why is in their plan. */
  readonly refused = new Set<string>();
  /** Every guest has a plan or has ended without one: the plans can be shown. */
  blocksDue = false;
  blocksShown = false;
  readonly #tails = new Map<string, string[]>();

  constructor(command: string, dryRun: boolean) {
    this.command = command;
    this.dryRun = dryRun;
  }

  /** Takes an event in. Printers read afterwards and change nothing. */
  record(event: Event): void {
    // The table is keyed by the kind itself, which TypeScript cannot follow through an index.
    const recorder = RECORDERS[event.kind] as ((event: Event, run: RunState) => void) | undefined;
    recorder?.(event, this);
    const seen = this.planned.size + this.#endedUnplanned;
    this.blocksDue = !this.blocksShown && (event.kind === 'run.finished' || (this.total > 0 && seen >= this.total));
    if (this.blocksDue) this.blocksShown = true;
  }

  #endedUnplanned = 0;

  output(guest: string, line: string): void {
    const tail = this.#tails.get(guest) ?? [];
    tail.push(line);
    if (tail.length > TAIL) tail.shift();
    this.#tails.set(guest, tail);
  }

  end(event: EventOf<'guest.finished'>): void {
    const { guest, outcome, changes, reason, error, ms } = event;
    const tail = outcome === 'failed' || outcome === 'interrupted' ? (this.#tails.get(guest) ?? []) : [];
    this.#tails.delete(guest);
    const result: Result = {
      outcome,
      changes,
      tail,
      ...(reason === undefined ? {} : { reason }),
      ...(error === undefined ? {} : { error }),
    };
    this.results.add(guest, result, result);
    this.times.set(guest, ms);
    this.outcomes.set(outcome, this.count(outcome) + 1);
    if (!this.planned.has(guest)) this.#endedUnplanned += 1;
  }

  count(outcome: Outcome): number {
    return this.outcomes.get(outcome) ?? 0;
  }
}

const RECORDERS: { readonly [K in EventKind]?: (event: EventOf<K>, run: RunState) => void } = {
  'run.started': (event, run) => {
    run.command = event.command;
    run.profile = event.profile;
    run.total = event.guests.length;
    run.order = guestOrder(event.guests);
  },
  'guest.facts': ({ guest, facts }, run) => {
    if (run.command === 'facts') run.facts.push({ guest, facts });
  },
  'guest.plan': ({ guest, plan, dryRun }, run) => {
    run.dryRun = dryRun;
    run.planned.add(guest);
    const refused = plan.findings.some(({ level }) => level === 'refusal');
    if (refused && changesOf(plan).length > 0) run.refused.add(guest);
    if (isWorthShowing(plan, dryRun)) run.plans.add(guest, plan, planBody(plan));
  },
  'guest.output': ({ guest, line }, run) => {
    run.output(guest, line);
  },
  'guest.reboot': ({ guest, phase, ms }, run) => {
    run.reboots.set(guest, { ...run.reboots.get(guest), [phase]: ms });
  },
  'guest.drift': ({ guest, drifts, findings }, run) => {
    run.drifts.add(guest, { drifts, findings }, [drifts, findings]);
  },
  'guest.dumps': (event, run) => {
    run.dumps.push(event);
  },
  'guest.stacks': (event, run) => {
    run.stacks.set(event.guest, event);
  },
  'guest.evidence': (event, run) => {
    run.evidence.push(event);
  },
  'guest.finished': (event, run) => {
    run.end(event);
  },
};

/** An apply that has nothing to do says nothing but what still beats the profile; a dry-run shows all it knows. */
function isWorthShowing(plan: Plan, dryRun: boolean): boolean {
  if (dryRun || changesOf(plan).length > 0) return true;
  return plan.findings.some(({ level }) => level === 'refusal' || level === 'conflict');
}
