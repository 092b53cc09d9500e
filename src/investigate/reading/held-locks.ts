import type { TraceTask } from '../trace.ts';
import { detached } from './frame-table.ts';

/** A lock that more than one task has in lockdep's list of held locks: one holds it, the others want it. */
export interface ContendedLock {
  readonly name: string;
  readonly address: string;
  /** Took other locks after it, or has no other claimant: it most likely holds this one. */
  readonly holders: readonly TraceTask[];
  /** It is the last lock on their lists: lockdep notes a lock before the task has got it. */
  readonly waiters: readonly TraceTask[];
}

interface Held {
  readonly name: string;
  readonly address: string;
}

const LIST = 'Showing all locks held';
const TASK = /^(?:no|\d{1,4}) locks? held by (.{1,32})\/(\d{1,8})[:.]?\s*$/;
const LOCK = /^\s*#(\d{1,3}):\s+([0-9a-f]{8,16}|\([^)]{0,20}\)|0x[0-9a-f]+)\s+\((.{1,120}?)\)\{[^}]{0,12}\}/;
const MOST_TASKS = 5000;
const MOST_LOCKS = 48;
const MOST_SHOWN = 32;

/** Reads `Showing all locks held in the system`, as lockdep prints it after a hung task and on sysrq-d. */
export class HeldLocks {
  readonly #tasks = new Map<string, { readonly task: TraceTask; readonly locks: Held[] }>();
  #current: Held[] | null = null;

  line(text: string): void {
    if (text.includes(' held ')) {
      // The newest list counts: tasks have moved on since the one before.
      if (text.startsWith(LIST)) this.#tasks.clear();
      const match = TASK.exec(text);
      if (match) this.#begin(match[1] ?? '', Number(match[2]));
      return;
    }
    if (this.#current === null) return;
    const match = LOCK.exec(text);
    if (match === null) return;
    const [, index, address = '', name = ''] = match;
    // A frame that the compiler has inlined prints the same lock again.
    if (Number(index) !== this.#current.length || this.#current.length >= MOST_LOCKS) return;
    this.#current.push({ name: detached(name), address: detached(address) });
  }

  /** Locks that several tasks claim, those with the most waiters first. */
  contended(): readonly ContendedLock[] {
    const claims = new Map<string, { name: string; address: string; holders: TraceTask[]; waiters: TraceTask[] }>();
    for (const { task, locks } of this.#tasks.values()) {
      for (const [index, { name, address }] of locks.entries()) {
        const key = `${address} ${name}`;
        const claim = claims.get(key) ?? { name, address, holders: [], waiters: [] };
        (index === locks.length - 1 ? claim.waiters : claim.holders).push(task);
        claims.set(key, claim);
      }
    }
    return [...claims.values()]
      .filter(({ holders, waiters }) => holders.length + waiters.length > 1 && waiters.length > 0)
      .sort((one, other) => other.waiters.length - one.waiters.length)
      .slice(0, MOST_SHOWN);
  }

  #begin(comm: string, pid: number): void {
    const key = `${pid} ${comm}`;
    const known = this.#tasks.get(key);
    const entry = known ?? { task: { comm: detached(comm), pid }, locks: [] };
    entry.locks.length = 0;
    if (known === undefined && this.#tasks.size < MOST_TASKS) this.#tasks.set(detached(key), entry);
    this.#current = entry.locks;
  }
}
