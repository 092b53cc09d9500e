import { ProvisionError } from '../errors.ts';

/** How a file was before this tool first touched it. */
export type FileBefore = 'absent' | 'backup';

/**
 * What `/var/lib/provision/state.json` holds: everything needed to take the guest back. The same shape is written to
 * `pending.json` before the first change, so that an apply that dies half way loses no before-value.
 */
export interface GuestState {
  readonly format: 1;
  readonly profile: string;
  readonly planHash: string;
  /** True after `disarm`, until `arm` or the next apply. */
  readonly disarmed: boolean;
  readonly before: {
    readonly sysctls: Readonly<Record<string, string>>;
    readonly files: Readonly<Record<string, FileBefore>>;
    /** Directories that did not exist. */
    readonly directories: readonly string[];
  };
  /** Our files as we left them: path -> sha256. */
  readonly files: Readonly<Record<string, string>>;
  /** Live settings as we left them. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Packages that an apply of ours installed, dependencies included. */
  readonly packages: readonly string[];
}

/**
 * Reads a state file. A damaged one is an error and not "no state": treating it as absent would lose the before-values.
 * @throws ProvisionError E_STATE
 */
export function parseState(text: string, file: string): GuestState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || (value as { format?: unknown }).format !== 1) {
    throw damaged(file, 'has a format this version does not know', undefined);
  }
  const lacking = PARTS.find(({ is }) => !is(value as Loose));
  if (lacking) throw damaged(file, `lacks ${lacking.name}`, undefined);
  return value as GuestState;
}

type Loose = Readonly<Record<string, unknown>> & { readonly before?: Readonly<Record<string, unknown>> | null };

const isMapping = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Everything that a rollback reads; a record without it would take the guest back to half of what it was. */
const PARTS: readonly { readonly name: string; readonly is: (state: Loose) => boolean }[] = [
  { name: 'its profile', is: (state) => typeof state['profile'] === 'string' },
  { name: 'its before-values', is: (state) => isMapping(state.before) },
  { name: 'the settings from before', is: (state) => isMapping(state.before?.['sysctls']) },
  { name: 'the files from before', is: (state) => isMapping(state.before?.['files']) },
  { name: 'the directories from before', is: (state) => Array.isArray(state.before?.['directories']) },
  { name: 'its packages', is: (state) => Array.isArray(state['packages']) },
];

function damaged(file: string, what: string, cause: unknown): ProvisionError {
  return new ProvisionError('E_STATE', `${file} on the guest ${what}`, {
    hint: `look at it and at the copies in /var/lib/provision/backup before removing it`,
    cause,
  });
}

/** Canonical text of a state: keys sorted, so that equal states are equal bytes. */
export function formatState(state: GuestState): string {
  return JSON.stringify(state, sortKeys, 1) + '\n';
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
