import { ProvisionError, type ErrorCode } from '../errors.ts';
import { parseFacts } from '../facts/parse.ts';
import { TornFiles } from '../facts/files.ts';
import type { Facts, JobFact } from '../facts/facts.ts';
import type { GuestSession, RunOptions, ScriptResult } from '../guest/session.ts';
import type { Guest } from '../inventory/guest.ts';
import type { Fence } from '../plan/fence.ts';
import { guestTemplate } from '../plan/guest-template.ts';
import type { Plan } from '../plan/plan.ts';
import { convergeLibrary, renderScript } from '../plan/script.ts';
import { quote } from '../shell.ts';
import { JobLog, type JobProgress } from './job-log.ts';

/** A probe tries the lock of a guest, and holds it for that moment. */
const PROBE_HOLDS_SECONDS = 3;

/** So often a guest is read whose files change meanwhile. */
const READS = 4;

/** What a conversation needs from outside; all of it is the same for every guest of a run. */
export interface Means {
  open(guest: Guest): Promise<GuestSession>;
  readonly templates: Readonly<Record<string, string>>;
  /** Us, for whoever meets our lock. */
  readonly client: Client;
  /** Makes job names unique between runs. */
  readonly runId: string;
  readonly timeouts: Timeouts;
  /** Which attempt at this guest a conversation is, where another may overtake it: a token for each, and never twice. */
  fence?(guest: Guest): Fence | undefined;
}

/** Who holds the lock of a guest while a plan is carried out there, and whose plans may be followed. */
export interface Client {
  /** The process, one word. */
  readonly id: string;
  /** `user@host (provision apply, run ID)` */
  readonly owner: string;
  /** Others may hold a guest: their plan is followed to its end, and ours comes after it. */
  readonly waits: boolean;
  /** Whether a plan was left running by a client of ours that is gone, so that nobody else sees to it. */
  isLeft(job: JobFact): boolean;
}

/** Milliseconds. */
export interface Timeouts {
  readonly probe: number;
  readonly converge: number;
  /** How long a lost connection is tried again while a job runs on the guest. */
  readonly reconnect: number;
}

/** One guest, over one connection: probes it, carries out plans on it, picks up jobs whose session was lost. */
export class Conversation {
  readonly guest: Guest;
  /** Which attempt at the guest this is; undefined: nobody overtakes it. */
  readonly fence: Fence | undefined;
  readonly #means: Means;
  #session: GuestSession;
  #jobs = 0;
  /** The boot that was looked at last. */
  #bootId = '';
  #lost: unknown = null;
  #closed = false;

  private constructor(guest: Guest, means: Means, session: GuestSession) {
    this.guest = guest;
    this.fence = means.fence?.(guest);
    this.#means = means;
    this.#session = session;
  }

  static async start(guest: Guest, means: Means): Promise<Conversation> {
    return new Conversation(guest, means, await means.open(guest));
  }

  /** Handshakes that were tried again before the guest let us in. */
  get retries(): number {
    return this.#session.counters.retries;
  }

  /** Why it is being connected to again, while it is. */
  get lost(): Error | null {
    return this.#lost instanceof Error ? this.#lost : null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#session.close();
  }

  /** A script of somebody else's, over this connection. @throws what `GuestSession.runScript` throws */
  runScript(script: string, options?: RunOptions): Promise<ScriptResult> {
    return this.#session.runScript(script, options);
  }

  /** One attempt at a new connection in place of the old one. @throws ProvisionError that says why it failed */
  async reconnect(): Promise<void> {
    await this.#session.close();
    const session = await this.#means.open(this.guest);
    // Whoever waited for this may have given up meanwhile.
    if (this.#closed) await session.close();
    this.#session = session;
  }

  /**
   * A new connection in place of a lost one, tried again until `withinMs` have passed.
   * @throws ProvisionError `lost`, with the last attempt's error as its cause
   */
  async reconnectWithin(withinMs: number, lost: unknown): Promise<void> {
    const deadline = Date.now() + withinMs;
    this.#lost = lost;
    for (let pause = 250; ; pause = Math.min(pause * 2, 5000)) {
      try {
        await this.reconnect();
        this.#lost = null;
        return;
      } catch (error) {
        if (this.#closed || Date.now() + pause > deadline) throw located(lost, this.guest.name, error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /**
   * One round trip. A converge that a client of ours left running is followed to its end first.
   * @throws ProvisionError E_LOCKED when somebody else's runs there
   */
  async probe(script: string, progress: JobProgress): Promise<Facts> {
    const facts = await this.#read(script);
    if (facts.job === null) return facts;
    const { client } = this.#means;
    if (facts.job.client !== client.id && !client.waits && !client.isLeft(facts.job)) throw this.#held(facts.job);
    progress.output(`following ${facts.job.id} of ${facts.job.owner}, begun earlier`);
    await this.#follow(facts.job.id, '', progress).catch((error: unknown) => {
      // How that job ended is for the plan to see; what it says is in the output already.
      if (!(error instanceof ProvisionError)) throw error;
      progress.output(error.message);
    });
    return this.#read(script);
  }

  /**
   * Carries out a plan, detached on the guest and followed from here. With a fence the plan has to come after a `probe`.
   * @throws ProvisionError with the code that the guest's script gave, E_CONVERGE when it was killed
   */
  async carryOut(plan: Plan, progress: JobProgress): Promise<void> {
    this.#jobs += 1;
    const { fence } = this;
    // Two attempts of a run may have the same plan: each is a job of its own, and none is answered with another's log.
    const attempt = fence === undefined ? '' : `-${fence.token}`;
    const id = `${plan.hash.slice(0, 12)}-${this.#means.runId}-${this.#jobs}${attempt}`;
    const { client, templates, timeouts } = this.#means;
    const lockSeconds = Math.min(600, Math.ceil(timeouts.probe / 1000));
    const script = renderScript(plan, convergeLibrary(templates), {
      id,
      client: client.id,
      owner: client.owner,
      waitSeconds: client.waits ? lockSeconds : PROBE_HOLDS_SECONDS,
      lockSeconds,
      ...(fence === undefined ? {} : { fence: { ...fence, bootId: this.#bootId } }),
    });
    await this.#follow(id, script, progress);
  }

  #held({ owner, since }: JobFact): ProvisionError {
    const at = since === '' ? '' : ` since ${since}`;
    return new ProvisionError('E_LOCKED', `${owner} works on this guest${at}`, {
      hint: HINTS['E_LOCKED'],
      where: { guest: this.guest.name },
    });
  }

  async #read(script: string): Promise<Facts> {
    for (let reads = 1; ; reads += 1) {
      const result = await this.#session.runScript(script, { timeoutMs: this.#means.timeouts.probe });
      try {
        const facts = parseFacts(result.sections);
        this.#bootId = facts.bootId;
        return facts;
      } catch (error) {
        // A gate that has just decided writes its status, and any guest may write its own settings.
        if (error instanceof TornFiles && reads < READS) continue;
        throw error instanceof ProvisionError ? located(error, this.guest.name) : error;
      }
    }
  }

  async #follow(id: string, script: string, progress: JobProgress): Promise<void> {
    const log = new JobLog(progress);
    let text = this.#launcher(id, script);
    const deadline = Date.now() + this.#means.timeouts.reconnect;
    for (;;) {
      try {
        log.restart();
        const result = await this.#session.runScript(text, {
          timeoutMs: this.#means.timeouts.converge,
          onLine: (section, line) => {
            if (section === 'log') log.line(line);
          },
        });
        this.#judge(result, log, id);
        return;
      } catch (error) {
        if (!isLost(error) || this.#closed || Date.now() > deadline) throw error;
        await this.reconnectWithin(deadline - Date.now(), error);
        // If the job never began, it begins now; else this only picks it up.
        text = this.#launcher(id, log.begun ? '' : script);
      }
    }
  }

  #launcher(id: string, script: string): string {
    return `JOB=${quote(id)}\nSCRIPT=${quote(script)}\n${guestTemplate(this.#means.templates, 'launch.sh')}`;
  }

  #judge(result: ScriptResult, log: JobLog, id: string): void {
    const said = result.sections.get('result')?.toString('utf8').trim() ?? '';
    const guest = this.guest.name;
    if (log.failure) {
      const { code, message, step } = log.failure;
      throw new ProvisionError(code as ErrorCode, message, {
        hint: HINTS[code],
        where: step ? { guest, step } : { guest },
      });
    }
    if (said === 'exit 0' && log.finished) return;
    if (said.startsWith('refused ')) {
      throw new ProvisionError('E_CONVERGE', `the job ${id} is not on the guest: ${said.slice(8)}`, {
        hint: 'the guest may have restarted; run the command again, it converges',
        where: { guest },
      });
    }
    throw new ProvisionError(
      'E_CONVERGE',
      `the converge was cut off on the guest${log.lastStep ? ` in ${log.lastStep}` : ''}`,
      {
        hint: 'run the command again, it converges',
        where: log.lastStep ? { guest, step: log.lastStep } : { guest },
        cause: new Error(log.tail()),
      },
    );
  }
}

const HINTS: Readonly<Record<string, string>> = {
  E_STALE_PLAN: 'nothing was changed; make a new plan',
  E_LOCKED: 'nothing was changed here; run the command again when that has ended, or let it wait for that: --wait',
  E_FENCED: 'nothing was changed; the newer attempt sees to this guest',
  E_DISK_FULL: 'free some space on the guest, then run the command again',
  E_READ_ONLY: 'remount it writable, then run the command again',
  E_PACKAGES: "apt's own words are above (-v shows all of them); run the command again once they are settled",
  E_READ_BACK: 'the kernel refused the value: see docs/catalogue.md for its range',
};

function isLost(error: unknown): boolean {
  return error instanceof ProvisionError && error.code === 'E_CONNECTION_LOST';
}

function located(error: unknown, guest: string, cause?: unknown): ProvisionError {
  if (!(error instanceof ProvisionError)) throw error;
  return new ProvisionError(error.code, error.message, {
    hint: error.hint,
    where: error.where ?? { guest },
    cause: cause ?? error.cause,
  });
}
