import { randomBytes } from 'node:crypto';

import { makeReboots } from '../crash/reboot.ts';
import type { Attempt, Perform } from '../engine/attempts.ts';
import type { GuestRequest } from '../engine/queue-run.ts';
import { UNREACHABLE_CODES } from '../errors.ts';
import type { ErrorReport } from '../events.ts';
import type { RunAccess } from '../guest/run-access.ts';
import { openSession } from '../guest/session.ts';
import type { Guest } from '../inventory/guest.ts';
import type { DesiredState } from '../profile/desired.ts';
import type { GuestEnd } from '../rollout/engine.ts';
import { lookAgain } from '../rollout/gate.ts';
import { runGuest, type GuestRun, type Work } from '../rollout/guest-run.ts';
import type { Planner } from '../rollout/planner.ts';
import { converge, showPlan, verify } from '../rollout/work.ts';
import { clientOf, operator } from './operator.ts';
import { FROM_RECORD, profilePlanner, recordPlanner, type Shipped } from './planners.ts';
import { CONVERGE_MS, RECONNECT_MS } from './run-guests.ts';

/** Does with a guest what `provision apply` and the others do with it, by the keys of this machine. */
export class GuestPerformer implements Perform {
  readonly #access: RunAccess;
  readonly #shipped: Shipped;
  readonly #identityFiles: readonly string[] | undefined;
  /** Planners of desired states, so that guests that are to become the same share a probe; by whether they adopt. */
  readonly #planners = { adopting: new WeakMap<DesiredState, Planner>(), plain: new WeakMap<DesiredState, Planner>() };
  readonly #recordPlanners = new Map<string, Planner>();

  /** @param privateKey the key for every guest; undefined: those of ssh_config, the agent, the defaults */
  constructor(access: RunAccess, shipped: Shipped, privateKey: string | undefined) {
    this.#access = access;
    this.#shipped = shipped;
    this.#identityFiles = privateKey === undefined ? undefined : [privateKey];
  }

  async change(attempt: Attempt): Promise<GuestEnd> {
    const begun = performance.now();
    const ended = await runGuest(this.#runOf(attempt), this.#reached(attempt.guest), this.#workOf(attempt));
    return { ...located(ended), ms: Math.round(performance.now() - begun) };
  }

  check(attempt: Attempt): Promise<string | null> {
    return lookAgain(this.#reached(attempt.guest), verify(this.#plannerOf(attempt)), this.#runOf(attempt));
  }

  #reached(guest: Guest): Guest {
    return this.#identityFiles === undefined ? guest : { ...guest, identityFiles: this.#identityFiles };
  }

  #workOf(attempt: Attempt): Work {
    const planner = this.#plannerOf(attempt);
    const { dryRun, rebootMs } = attempt.request;
    if (dryRun) return showPlan(planner);
    const { templates } = this.#shipped;
    return converge(planner, rebootMs === null ? undefined : makeReboots({ templates, timeoutMs: rebootMs }));
  }

  #plannerOf({ request, desired }: Attempt): Planner {
    if (desired !== null) return this.#profilePlanner(desired, request);
    const { command, purge } = request;
    if (command === 'apply') throw new Error('an apply without a desired state');
    const key = `${command}${purge ? ' purge' : ''}`;
    const known = this.#recordPlanners.get(key) ?? recordPlanner(this.#shipped, FROM_RECORD[command](purge));
    this.#recordPlanners.set(key, known);
    return known;
  }

  #profilePlanner(desired: DesiredState, { adopt }: GuestRequest): Planner {
    const planners = adopt ? this.#planners.adopting : this.#planners.plain;
    const known = planners.get(desired) ?? profilePlanner(() => desired, this.#shipped, adopt);
    planners.set(desired, known);
    return known;
  }

  #runOf({ head, request, fence, emit, signal }: Attempt): GuestRun {
    const { command, id } = head;
    const access = this.#access.of(id);
    return {
      emit,
      stopping: signal,
      leaving: signal,
      deadlines: request.deadlines,
      means: {
        open: (guest) => openSession(guest, access),
        templates: this.#shipped.templates,
        // What an attempt before this one left running on the guest is followed to its end: it is of the same run.
        client: clientOf({ command, run: id, family: [id], waits: request.waits }),
        runId: randomBytes(3).toString('hex'),
        timeouts: { probe: request.probeMs, converge: CONVERGE_MS, reconnect: RECONNECT_MS },
        fence: () => fence,
      },
    };
  }
}

type Told = Awaited<ReturnType<typeof runGuest>>;

/** Whether a guest lets us in depends on who asks: the keys, passwords and known_hosts are this machine's. */
function located(ended: Told): Told {
  const { error } = ended;
  if (error === undefined || (error.code !== 'E_SUDO' && !(UNREACHABLE_CODES as ReadonlySet<string>).has(error.code)))
    return ended;
  return { ...ended, error: { ...error, hint: hintFor(error) } };
}

function hintFor({ code, hint }: ErrorReport): string {
  const who = `worker ${operator()}`;
  const where = code === 'E_SUDO' ? `${who}: provision worker -K, or $PROVISION_BECOME_PASSWORD there` : who;
  return hint === undefined ? `told by ${where}` : `${hint} (${where})`;
}
