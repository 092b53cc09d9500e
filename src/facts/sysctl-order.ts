import type { FileFact } from './facts.ts';

/** Directories of sysctl.d(5), strongest first: of files with one name only the strongest directory's counts. */
const DIRECTORIES = [
  '/etc/sysctl.d/',
  '/run/sysctl.d/',
  '/usr/local/lib/sysctl.d/',
  '/usr/lib/sysctl.d/',
  '/lib/sysctl.d/',
];

export interface Assignment {
  readonly file: string;
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/**
 * Every assignment that systemd-sysctl would make at boot, in its order: one file per basename, basenames sorted
 * bytewise, later ones win. `/etc/sysctl.conf` counts only through a link such as Debian 12's `99-sysctl.conf`.
 * Source: sysctl.d(5), systemd 252 and 257.
 */
export function bootAssignments(files: Readonly<Record<string, FileFact>>): Assignment[] {
  const byName = new Map<string, { file: FileFact; rank: number }>();
  for (const file of Object.values(files)) {
    const rank = DIRECTORIES.findIndex((directory) => file.path.startsWith(directory));
    if (rank < 0 || !file.path.endsWith('.conf')) continue;
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    const known = byName.get(name);
    if (!known || rank < known.rank) byName.set(name, { file, rank });
  }
  const names = [...byName.keys()].sort();
  return names.flatMap((name) => {
    const file = byName.get(name)?.file;
    return file ? assignmentsOf(file) : [];
  });
}

/** Guests whose files are the same share their facts, and so what was read from them. */
const known = new WeakMap<FileFact, readonly Assignment[]>();

function assignmentsOf(file: FileFact): readonly Assignment[] {
  let assignments = known.get(file);
  if (assignments === undefined) {
    assignments = parseSysctlFile(file.text ?? file.raw ?? '', file.path);
    known.set(file, assignments);
  }
  return assignments;
}

/** The assignments of one file; comments, blank lines and lines without `=` are not any. */
export function parseSysctlFile(text: string, file: string): Assignment[] {
  const found: Assignment[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const equals = line.indexOf('=');
    if (equals < 0) return;
    const key = normaliseKey(line.slice(0, equals).trim().replace(/^-/, ''));
    found.push({ file, line: index + 1, key, value: line.slice(equals + 1).trim() });
  });
  return found;
}

/** `kernel/panic` and `kernel.panic` are one key; with slashes first, dots are part of a name. */
export function normaliseKey(key: string): string {
  const slash = key.indexOf('/');
  if (!key.includes('.')) return slash < 0 ? key : key.replaceAll('/', '.');
  const dot = key.indexOf('.');
  if (slash < 0 || (dot >= 0 && dot < slash)) return key;
  return key.replaceAll(/[./]/g, (character) => (character === '/' ? '.' : '/'));
}

/** The assignment that wins for a key at boot, exact keys before globs as systemd has it; null: the kernel's default. */
export function bootWinner(assignments: readonly Assignment[], key: string): Assignment | null {
  const exact = assignments.findLast((assignment) => assignment.key === key);
  if (exact) return exact;
  return assignments.findLast((assignment) => assignment.key.includes('*') && globMatches(assignment.key, key)) ?? null;
}

function globMatches(glob: string, key: string): boolean {
  const pattern = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pattern.join('[^.]*')}$`).test(key);
}

/**
 * Whether the kernel takes two values for the same: runs of blanks are one, as /proc/sys prints tabs where files have
 * spaces, and a number may be written in hex or octal.
 */
export function sameValue(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && squeeze(a) === squeeze(b));
}

function squeeze(text: string): string {
  return text.trim().split(/\s+/).map(spellNumber).join(' ');
}

function spellNumber(word: string): string {
  if (!/^(?:0x[0-9a-f]+|0[0-7]+)$/i.test(word)) return word;
  return String(BigInt(/^0x/i.test(word) ? word : `0o${word}`));
}
