/** How a key's values are written; bounds are decimal text because some do not fit a double. */
export interface SysctlRange {
  /** First kernel that has this range, `6.19`; null: as long as the key exists. */
  readonly since: string | null;
  readonly type: 'integer' | 'text' | 'list';
  readonly min: string;
  readonly max: string;
}

/** What is known about one sysctl. Source of each fact: see the file in catalogue/sysctl. */
export interface SysctlEntry {
  readonly key: string;
  readonly effect: string;
  /** Oldest first; each holds until the next. */
  readonly ranges: readonly SysctlRange[];
  readonly default: string | null;
  /** First kernel that has the key; null: older than any that is supported. */
  readonly since: string | null;
  /** dpkg architectures that have it; empty: all. */
  readonly arch: readonly string[];
  /** Kernel parameter with the same effect, `hung_task_panic=`. */
  readonly bootParameter: string | null;
  /** Kernel configuration without which the key does not exist. */
  readonly config: string | null;
  /** Why a guest may lack it. */
  readonly absent?: string;
  /** What can go wrong, in plain words. */
  readonly danger?: string;
  /** A value other than 0 can panic the guest: it is left to the arm gate. */
  readonly panics: boolean;
  /** Why no profile may set it. */
  readonly refuse?: string;
}

export type SysctlCatalogue = ReadonlyMap<string, SysctlEntry>;

/**
 * Whether one kernel takes a value.
 * @param kernelRelease `uname -r`
 * @returns null when it does, else what it takes instead: `takes 0..1 on 6.1.0-56-amd64 (0..INT_MAX from 6.19)`
 */
export function checkSysctl(entry: SysctlEntry, value: string, kernelRelease: string): string | null {
  const range = entry.ranges.findLast(({ since }) => since === null || !isOlder(kernelRelease, since));
  if (range === undefined || fits(range, value)) return null;
  const later = entry.ranges.slice(entry.ranges.indexOf(range) + 1).map(described);
  return `takes ${described({ ...range, since: null })} on ${kernelRelease}${later.length > 0 ? ` (${later.join(', ')})` : ''}`;
}

/** Whether any kernel takes a value: what a profile is held to. @returns null, or `takes 0..1 (0..INT_MAX from 6.19)` */
export function checkSysctlAnywhere(entry: SysctlEntry, value: string): string | null {
  if (entry.ranges.some((range) => fits(range, value))) return null;
  const [first, ...later] = entry.ranges.map(described);
  return `takes ${first}${later.length > 0 ? ` (${later.join(', ')})` : ''}`;
}

/**
 * Whether a setting may only be made live by the arm gate. A key that is not in the catalogue and talks of panic is held
 * back as well: it costs nothing to wait, and a crash loop costs the guest.
 */
export function isArmed(entry: SysctlEntry | undefined, key: string, value: string): boolean {
  const panics = entry === undefined ? key.includes('panic') : entry.panics;
  return panics && value !== '0';
}

function fits(range: SysctlRange, value: string): boolean {
  if (range.type !== 'integer') return true;
  if (!/^-?(?:0|[1-9]\d{0,24})$/.test(value)) return false;
  const number = BigInt(value);
  return number >= BigInt(range.min) && number <= BigInt(range.max);
}

const LIMITS: Readonly<Record<string, string>> = {
  '2147483647': 'INT_MAX',
  '-2147483648': 'INT_MIN',
  '4294967295': 'UINT_MAX',
  '18446744073709551615': 'ULONG_MAX',
};

function described({ type, min, max, since }: SysctlRange): string {
  const values = type === 'integer' ? `${LIMITS[min] ?? min}..${LIMITS[max] ?? max}` : type;
  return since === null ? values : `${values} from ${since}`;
}

/** Compares the leading numbers of `6.1.0-56-amd64` and `6.19`. */
export function isOlder(release: string, since: string): boolean {
  const left = numbers(release);
  const right = numbers(since);
  const index = right.findIndex((number, position) => number !== (left[position] ?? 0));
  return index >= 0 && (left[index] ?? 0) < (right[index] ?? 0);
}

function numbers(version: string): number[] {
  return /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
}
