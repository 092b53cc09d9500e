import type { RolloutAction, RolloutEvent, RolloutState, Schedule } from './rollout-state.ts';

interface Step {
  readonly state: RolloutState;
  readonly actions: readonly RolloutAction[];
}

/** Why a rollout stops when a person wants it to. */
export const INTERRUPTED = 'interrupted';

/** Before the first event. */
export function rolloutOf(schedule: Schedule): RolloutState {
  return {
    schedule,
    phase: 'ready',
    batch: 0,
    begun: 0,
    running: new Set(),
    failures: 0,
    failed: 0,
    stopped: false,
  };
}

/**
 * Where a rollout goes from here. Events that come too late (a pause that ends after an interrupt) change nothing.
 * Every guest is in exactly one `begin`, or in the `notBegun` of the one `stop`.
 */
export function next(state: RolloutState, event: RolloutEvent): Step {
  switch (event.kind) {
    case 'start':
      return state.phase === 'ready' ? open(state, 0) : still(state);
    case 'ended':
      return state.running.has(event.guest) ? ended(state, event.guest, event.failed) : still(state);
    case 'paused':
      return state.phase === 'pause' ? afterPause(state) : still(state);
    case 'gate':
      if (state.phase !== 'gate') return still(state);
      if (event.passed) return open(state, state.batch + 1);
      return stop(
        state,
        `the gate after ${nameOf(state)} did not pass${event.reason === undefined ? '' : `: ${event.reason}`}`,
      );
    case 'interrupt':
      return state.phase === 'done' || state.stopped ? still(state) : stop(state, INTERRUPTED);
  }
}

function still(state: RolloutState): Step {
  return { state, actions: [] };
}

function open(before: RolloutState, batch: number): Step {
  if (batch >= before.schedule.batches.length) return finish(before);
  const running = new Set(before.running);
  const { state, actions } = beginMore({ ...before, phase: 'batch', batch, begun: 0, failed: 0 }, running);
  return { state, actions: [{ kind: 'open', batch }, ...actions] };
}

/** @param running those that run: nobody else's set, since thousands are not copied twice for each guest that ends */
function beginMore(state: RolloutState, running: Set<string>): Step {
  const guests = state.schedule.batches[state.batch]?.guests ?? [];
  const now = guests.slice(state.begun, state.begun + Math.max(0, state.schedule.forks - running.size));
  for (const guest of now) running.add(guest);
  return {
    state: { ...state, begun: state.begun + now.length, running },
    actions: now.map((guest) => ({ kind: 'begin', guest })),
  };
}

function ended(before: RolloutState, guest: string, failed: boolean): Step {
  const one = failed ? 1 : 0;
  const running = new Set(before.running);
  running.delete(guest);
  const state = { ...before, running, failures: before.failures + one, failed: before.failed + one };
  if (state.stopped) return running.size > 0 ? still(state) : close(state);
  const reason = failed ? whyStop(state, guest) : null;
  if (reason !== null && canBeSpared(state)) return stop(state, reason);
  const more = beginMore(state, running);
  return more.state.running.size > 0 ? more : close(state);
}

/** Whether anybody is left whom a stop spares. */
function canBeSpared(state: RolloutState): boolean {
  return leftOf(state).length > 0 || (state.schedule.recalls === true && state.running.size > 0);
}

/** A failed guest is reason enough in a canary, and where the budget is used up. */
function whyStop({ schedule, batch, failures }: RolloutState, guest: string): string | null {
  if (schedule.batches[batch]?.canary === true) return `the canary ${guest} failed`;
  const { failureLimit: limit } = schedule;
  if (limit === null || failures < limit) return null;
  const total = schedule.batches.reduce((sum, { guests }) => sum + guests.length, 0);
  return `${failures} of ${total} guests failed, and ${limit} end${limit === 1 ? 's' : ''} the rollout`;
}

/** Lets those that run finish. */
function stop(before: RolloutState, reason: string): Step {
  const state = { ...before, stopped: true };
  const stopped: RolloutAction = { kind: 'stop', reason, notBegun: leftOf(before) };
  if (state.running.size > 0) return { state, actions: [stopped] };
  const { state: last, actions } = state.phase === 'batch' ? close(state) : finish(state);
  return { state: last, actions: [stopped, ...actions] };
}

function leftOf({ schedule, batch, begun }: RolloutState): string[] {
  return schedule.batches.slice(batch).flatMap(({ guests }, index) => (index === 0 ? guests.slice(begun) : guests));
}

function close(state: RolloutState): Step {
  const closed: RolloutAction = { kind: 'close', batch: state.batch, failed: state.failed };
  const isLast = state.batch === state.schedule.batches.length - 1;
  const { state: then, actions } = state.stopped || isLast ? finish(state) : rest(state);
  return { state: then, actions: [closed, ...actions] };
}

/** Time for what was changed to go wrong, before the gate looks. */
function rest(state: RolloutState): Step {
  const { pauseMs } = state.schedule;
  if (pauseMs === 0) return afterPause(state);
  return { state: { ...state, phase: 'pause' }, actions: [{ kind: 'pause', ms: pauseMs }] };
}

function afterPause(state: RolloutState): Step {
  if (!state.schedule.gate) return open(state, state.batch + 1);
  return { state: { ...state, phase: 'gate' }, actions: [{ kind: 'gate', batch: state.batch }] };
}

function finish(state: RolloutState): Step {
  return { state: { ...state, phase: 'done' }, actions: [{ kind: 'done' }] };
}

function nameOf({ schedule, batch }: RolloutState): string {
  return schedule.batches[batch]?.name ?? '';
}
