import { createHash } from 'node:crypto';
import { naturally } from '../inventory/natural-order.ts';
import type { Plan, Step } from '../plan/plan.ts';

/** A thing that several guests share. */
export interface Group<T> {
  readonly value: T;
  readonly guests: readonly string[];
}

/** Collects values and the guests that have them, one copy each, whatever order they come in. */
export class Fold<T> {
  readonly #groups = new Map<string, { value: T; guests: string[] }>();

  /** `body` is what makes two values the same to a reader. */
  add(guest: string, value: T, body: unknown): void {
    const key = createHash('sha256').update(JSON.stringify(body)).digest('base64');
    const group = this.#groups.get(key);
    if (group) group.guests.push(guest);
    else this.#groups.set(key, { value, guests: [guest] });
  }

  /** Guests in the given order inside a group, groups in the order of their first guest. */
  groups(order: GuestOrder): Group<T>[] {
    const sorted = [...this.#groups.values()].map(({ value, guests }) => ({ value, guests: [...guests].sort(order) }));
    return sorted.sort((a, b) => order(a.guests[0] ?? '', b.guests[0] ?? ''));
  }
}

export type GuestOrder = (a: string, b: string) => number;

/** The order of the inventory; guests it does not name come last, by name. */
export function guestOrder(guests: readonly string[]): GuestOrder {
  const index = new Map(guests.map((guest, at) => [guest, at]));
  return (a, b) => (index.get(a) ?? guests.length) - (index.get(b) ?? guests.length) || naturally(a, b);
}

/**
 * What of a plan a person sees. The state record is left out: it holds the plan's own hash, so it differs on every
 * guest without meaning anything different.
 */
export function planBody({ goal, profile, system, findings, stages }: Plan): unknown {
  const shown = stages.map(({ title, steps }) => ({
    title,
    steps: steps.map((step) => (step.kind === 'state' ? { kind: step.kind, removed: step.after === null } : step)),
  }));
  return { goal, profile, system, findings, stages: shown };
}

/** The steps that a person would call changes: not our own record, and not a reboot that is due. */
export function changesOf(plan: Plan): Step[] {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  const changes = steps.filter(({ kind }) => kind !== 'state' && kind !== 'reboot');
  // A record that alone is wrong is a change too, or an apply would report "as desired" and write something.
  return changes.length > 0 ? changes : steps.filter(({ kind }) => kind === 'state');
}
