import { ProvisionError } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Engine, GatedBatch, Listener } from '../rollout/engine.ts';
import { askGate } from '../rollout/gate.ts';
import type { GuestRun } from '../rollout/guest-run.ts';
import { Checks } from './checks.ts';
import { Jobs } from './jobs.ts';
import type { EngineLink } from './link.ts';
import { Lease } from './lease.ts';
import type { LogEntry } from './log.ts';
import { whyNobodyComes, workersPresent } from './presence.ts';
import type { GuestTask, QueueRun } from './queue-run.ts';
import { wayTo } from './queues.ts';
import { isThere } from './redis/losses.ts';
import { Reconciler } from './reconciler.ts';
import { RunFeed } from './run-feed.ts';
import { withScripts } from './scripts.ts';

export interface QueueEngineOptions {
  /** Becomes the controller when nobody is; without it, only looks on. */
  readonly takesOver: boolean;
  readonly emit: (event: Event) => void;
  /** Worth a line, and no event of the run. */
  readonly note: (text: string) => void;
  readonly signals: Pick<GuestRun, 'deadlines' | 'leaving' | 'stopping'>;
}

const CHANGE = { kind: 'change' } as const;
const WAIT_MS = 1000;
/** Nothing is heard for so long before somebody asks whether there are workers at all. */
const QUIET_MS = 5000;

/** What is under way by the log's word, and is to be done by whoever controls the run. */
type Pending = { readonly kind: 'pause'; readonly ms: number } | { readonly kind: 'gate'; readonly batch: GatedBatch };

/**
 * Has a rollout carried out by workers. What the rollout hears is read from the run's log, also what this controller adds
 * to it itself: whoever reads that log from its beginning comes to the same decisions, and can go on from there.
 */
export class QueueEngine implements Engine {
  readonly #link: EngineLink;
  readonly #run: QueueRun;
  readonly #listener: Listener;
  readonly #options: QueueEngineOptions;
  readonly #lease: Lease;
  readonly #jobs: Jobs;
  readonly #checks: Checks;
  readonly #reconciler: Reconciler;
  readonly #feed: RunFeed;
  readonly #running = new Set<string>();
  readonly #leave = (): void => this.#listener.leave();
  readonly #ended = new Set<string>();
  #pending: Pending | null = null;
  /** Pauses and gates so far, so that an answer counts for its own question only: one that came late, or twice, for none. */
  #asked = 0;
  /** Why the run is to end. */
  #recalled: string | null = null;
  /** The person wants it to end, and that is not in the log yet. */
  #interrupted = false;
  /** All that was in the log is heard, and the lease is ours: decisions are carried out as they are made. */
  #live = false;
  #began = false;
  #over = false;
  #closing: Promise<void> | undefined;
  #takingBack: Promise<void> | undefined;
  #pause: NodeJS.Timeout | undefined;
  #heardAt = performance.now();

  constructor(link: EngineLink, run: QueueRun, options: QueueEngineOptions, listener: Listener) {
    const redis = withScripts(link.client);
    this.#link = link;
    this.#run = run;
    this.#options = options;
    this.#listener = listener;
    this.#lease = new Lease(redis, run.head.id, () => this.#overtaken());
    this.#feed = new RunFeed(link.another(), run.head.id);
    this.#jobs = new Jobs(link, run.head.id, run.guests);
    this.#checks = new Checks((guest, task) => this.#hand(guest, task));
    this.#reconciler = new Reconciler(this.#jobs, (entry) => this.#append(entry));
    options.signals.leaving.addEventListener('abort', this.#leave, { once: true });
  }

  start(): void {
    this.#follow().catch((error: unknown) => this.#fail(error));
  }

  begin(guest: string): void {
    this.#running.add(guest);
    if (this.#live) this.#begin(guest);
  }

  pause(ms: number): void {
    this.#ask({ kind: 'pause', ms });
  }

  gate(batch: GatedBatch): void {
    this.#ask({ kind: 'gate', batch });
  }

  interrupt(): void {
    // The run is ours already, or it is not: then whoever has it goes on.
    if (!this.#live && !this.#lease.held) {
      this.#listener.leave();
      return;
    }
    // Nothing else is seen of it until the server is back.
    if (!isThere(this.#link.client))
      this.#options.note('the run is told to end when Redis is back; once more to leave it to the workers');
    if (this.#live) this.#append({ kind: 'interrupt' });
    else this.#interrupted = true;
  }

  recall(reason: string): void {
    this.#recalled = reason;
    if (!this.#live) return;
    this.#takingBack = this.#takeBack(`not begun: ${reason}`);
    this.#takingBack.catch((error: unknown) => this.#fail(error));
  }

  elapsed(): number {
    return this.#feed.elapsed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.signals.leaving.removeEventListener('abort', this.#leave);
    clearTimeout(this.#pause);
    this.#reconciler.stop();
    // To a server that is away the words would wait for ever; what is not given back lapses.
    const answers = isThere(this.#link.client);
    // Whoever leaves does not leave behind what was stopped.
    if (answers) await this.#takingBack?.catch(() => undefined);
    this.#over = true;
    await this.#lease.release();
    if (answers) await this.#jobs.close();
  }

  async #follow(): Promise<void> {
    while (!this.#isOver()) {
      const leads = this.#options.takesOver && (await this.#lease.take());
      const news = await this.#feed.read(leads && !this.#live ? 1 : WAIT_MS);
      if (this.#isOver()) return;
      for (const item of news) {
        if (item.kind === 'log') this.#heard(item.entry);
        else for (const event of item.events) this.#say(event);
      }
      if (news.length > 0) this.#heardAt = performance.now();
      else await this.#askWhyQuiet();
      // Guests may talk without a pause; it is the log that decides.
      if (leads && !this.#live && news.every(({ kind }) => kind === 'talk')) this.#goLive();
    }
  }

  /** Asked anew each time: it ends while others are waited for. */
  #isOver(): boolean {
    return this.#over || this.#closing !== undefined;
  }

  #heard(entry: LogEntry): void {
    if (this.#over) return;
    if (entry.kind === 'checked') {
      this.#checks.heard(entry);
      this.#reconciler.over(entry.guest, { kind: 'check', batch: entry.batch });
      return;
    }
    if (entry.kind === 'ended') {
      this.#running.delete(entry.guest);
      this.#ended.add(entry.guest);
      this.#reconciler.over(entry.guest, CHANGE);
    } else if (entry.kind === 'start') {
      this.#began = true;
    } else if (entry.kind !== 'interrupt') {
      if (this.#pending === null || entry.asked !== this.#asked) return;
      this.#pending = null;
    }
    this.#listener.hear(entry);
  }

  /** An attempt whose guest has ended without it may not know that yet. */
  #say(event: Event): void {
    if ('guest' in event && this.#ended.has(event.guest)) return;
    this.#options.emit(event);
  }

  /** From here on this is the controller: it does what the one before it has left. */
  #goLive(): void {
    this.#live = true;
    if (this.#interrupted) this.#append({ kind: 'interrupt' });
    else if (!this.#began) this.#append({ kind: 'start' });
    // Of a run that is to end nobody is handed over again, only waited for.
    const ends = this.#recalled !== null || this.#interrupted;
    for (const guest of this.#running) {
      if (ends) this.#reconciler.handed(guest, CHANGE);
      else this.#begin(guest);
    }
    this.#attend();
    if (this.#recalled !== null) this.recall(this.#recalled);
    this.#reconciler.start(this.#link.client);
  }

  #begin(guest: string): void {
    this.#hand(guest, CHANGE).catch((error: unknown) => this.#fail(error));
  }

  #hand(guest: string, task: GuestTask): Promise<void> {
    this.#reconciler.handed(guest, task);
    return this.#jobs.add(guest, task);
  }

  #ask(pending: Pending): void {
    this.#pending = pending;
    this.#asked += 1;
    if (this.#live) this.#attend();
  }

  #attend(): void {
    const pending = this.#pending;
    const asked = this.#asked;
    if (pending === null) return;
    if (pending.kind === 'pause') {
      this.#pause = setTimeout(() => this.#append({ kind: 'paused', asked }), pending.ms);
      return;
    }
    const { batch } = pending;
    const { verify, command } = this.#run.gate;
    const look = verify ? (guest: string): Promise<string | null> => this.#checks.ask(guest, batch.batch) : null;
    askGate({ look, command }, batch, this.#options.signals, batch.guests.length || 1).then(
      (result) => this.#append({ kind: 'gate', asked, ...result }),
      (error: unknown) => this.#fail(error),
    );
  }

  /** What no worker has begun ends here. */
  async #takeBack(reason: string): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (guest) => {
        if (!(await this.#jobs.takeBack(guest, CHANGE))) return;
        this.#append({ kind: 'ended', guest, end: { outcome: 'not-begun', changes: 0, reason, ms: 0 } });
      }),
    );
  }

  #append(entry: LogEntry): void {
    if (this.#over) return;
    this.#lease.append(entry).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#listener.fail(refusedByServer(error) ?? error);
  }

  #overtaken(): void {
    this.#live = false;
    this.#listener.fail(
      new ProvisionError('E_CONTROL', `another controller has taken over run ${this.#run.head.id}`, {
        hint: `nothing is lost: provision runs attach ${this.#run.head.id} shows how it goes on`,
      }),
    );
  }

  /** Says once why nothing happens, when there is a reason. */
  async #askWhyQuiet(): Promise<void> {
    if (performance.now() - this.#heardAt < QUIET_MS) return;
    const why = this.#live ? await this.#whyNobodyComes() : await this.#whyNobodyLeads();
    this.#heardAt = why === null ? performance.now() : Number.POSITIVE_INFINITY;
    if (why !== null) this.#options.note(why);
  }

  async #whyNobodyComes(): Promise<string | null> {
    const { head, guests } = this.#run;
    const waiting = guests.filter(({ guest }) => this.#running.has(guest.name)).map(({ guest }) => wayTo(guest));
    if (waiting.length === 0) return null;
    return whyNobodyComes(await workersPresent(this.#link.client), head.version, waiting);
  }

  async #whyNobodyLeads(): Promise<string | null> {
    if (this.#options.takesOver || !(await this.#lease.isFree())) return null;
    return `nobody controls this run: provision runs attach ${this.#run.head.id}, without --follow, goes on with it`;
  }
}

/** Redis has said no: its memory is full, or somebody has changed what we may do there. */
function refusedByServer(error: unknown): ProvisionError | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  return new ProvisionError('E_CONTROL', `Redis refuses to go on: ${error.message}`, {
    hint: 'once that is mended: provision runs attach goes on with it (docs/redis.md)',
  });
}
