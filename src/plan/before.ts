import type { Facts } from '../facts/facts.ts';
import type { FileBefore, GuestState } from '../facts/state.ts';

/** Where the original of a file that we changed is kept on the guest. */
export function backupOf(path: string): string {
  return `/var/lib/provision/backup${path}`;
}

/**
 * How the guest was before our first change. A begun apply that did not finish knows better than the last finished one,
 * and both know better than today's facts.
 */
export class Before {
  readonly #facts: Facts;
  readonly base: GuestState | null;

  constructor(facts: Facts) {
    this.#facts = facts;
    this.base = facts.pending ?? facts.state;
  }

  file(path: string): FileBefore {
    return this.base?.before.files[path] ?? (this.#facts.files[path] === undefined ? 'absent' : 'backup');
  }

  /** null: the key does not exist, so there is nothing to go back to. */
  sysctl(key: string): string | null {
    return this.base?.before.sysctls[key] ?? this.#facts.sysctls[key] ?? null;
  }

  /** Those of the given directories that we make, or made. */
  directories(wanted: readonly string[]): string[] {
    const made = this.base?.before.directories ?? [];
    const missing = wanted.filter((directory) => this.#facts.directories[directory] !== true);
    return [...new Set([...made, ...missing])].sort();
  }
}
