import { CONNECTION_FLAGS, type FlagSpec } from '../command-flags.ts';
import type { CommandSpec } from '../command-spec.ts';

/** What can stand where the cursor is: words that are known, or a kind of name that has to be looked up. */
export type Wanted =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'profile' | 'guest' | 'system' | 'section' | 'setting' | 'run' | 'file' };

export interface Candidate {
  readonly word: string;
  /** For shells that show what a word is for. */
  readonly about: string;
}

/** Where the cursor stands. */
export interface Place {
  readonly wanted: readonly Wanted[];
  /** In front of each candidate: the part of the last word that is settled. */
  readonly before: string;
  /** What candidates have to begin with, after that. */
  readonly begun: string;
  /** The inventories that the words before name. */
  readonly inventories: readonly string[];
}

/** What a flag takes, by its long name; other flags with a value take text that nobody can guess. */
const VALUES: Readonly<Record<string, Wanted['kind']>> = {
  '--limit': 'guest',
  '--skip': 'section',
  '--set': 'setting',
  '--for': 'system',
  ...Object.fromEntries(
    ['inventory', 'private-key', 'ssh-config', 'out', 'plan', 'html', 'junit', 'to', 'vmlinux', 'runs-dir'].map(
      (name) => [`--${name}`, 'file'],
    ),
  ),
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  '--format': ['cloud-init', 'ansible', 'sh'],
  '--transport': ['ssh', 'openssh'],
  '--order': ['inventory', 'sorted', 'shuffled'],
};
/** What a placeholder of a command's arguments stands for. */
const ARGUMENTS: Readonly<Record<string, readonly Wanted['kind'][]>> = {
  profile: ['profile', 'file'],
  guest: ['guest'],
  pattern: ['guest'],
  arg: ['guest', 'file'],
  id: ['run'],
};

/** @param words those of the command line after the program's name, the last one the one that is being typed */
export function placeOf(words: readonly string[], commands: readonly CommandSpec[]): Place {
  const typed = words.at(-1) ?? '';
  const spec = commands.find(({ name }) => name === words[0]);
  if (words.length <= 1 || spec === undefined) {
    const names = words.length <= 1 ? commands.map(({ name, summary }) => ({ word: name, about: summary })) : [];
    return { wanted: [{ kind: 'words', words: names }], before: '', begun: typed, inventories: [] };
  }
  const flags = [...(spec.flags ?? []), ...(spec.guests === true ? CONNECTION_FLAGS : []), HELP];
  const { positional, inventories, open } = read(words.slice(1, -1), flags);
  const place = (wanted: readonly Wanted[], before = ''): Place => {
    return { wanted, before, begun: typed.slice(before.length), inventories };
  };
  if (open !== null) return place(valueOf(open), lists(open) ? upToComma(typed) : '');
  const [, name = '', equals] = /^(--[\w-]+)(=)/.exec(typed) ?? [];
  if (equals !== undefined)
    return place(valueOf(longOf(name, flags) ?? name), `${name}=${upToComma(typed.slice(name.length + 1))}`);
  if (typed.startsWith('-')) return place([{ kind: 'words', words: flags.flatMap(shown) }]);
  const wanted = argumentAt(spec.args ?? '', positional);
  const patterns = wanted.some(({ kind }) => kind === 'guest');
  return place(wanted, patterns ? upToSeparator(typed) : '');
}

const HELP: FlagSpec = ['-h, --help', 'what the command does'];

interface Words {
  readonly positional: number;
  readonly inventories: readonly string[];
  /** The long name of a flag whose value is to come. */
  readonly open: string | null;
}

function read(words: readonly string[], flags: readonly FlagSpec[]): Words {
  const inventories: string[] = [];
  let positional = 0;
  let open: string | null = null;
  for (const word of words) {
    if (open !== null) {
      if (open === '--inventory') inventories.push(word);
      open = null;
    } else if (word.startsWith('--inventory=')) inventories.push(word.slice('--inventory='.length));
    else if (word.startsWith('-') && word !== '-') open = longOf(word, flags);
    else positional += 1;
  }
  return { positional, inventories, open };
}

/** The long name of a flag that takes a value; null for those that take none. */
function longOf(word: string, flags: readonly FlagSpec[]): string | null {
  const spec = flags.find(([names]) => names.split(/[ ,]+/).includes(word))?.[0];
  return spec?.includes('<') === true ? (/--[\w-]+/.exec(spec)?.[0] ?? null) : null;
}

function valueOf(flag: string): Wanted[] {
  const choices = CHOICES[flag];
  if (choices !== undefined) return [{ kind: 'words', words: choices.map((word) => ({ word, about: '' })) }];
  const kind = VALUES[flag];
  return kind === undefined || kind === 'words' ? [] : [{ kind }];
}

function shown([names, about, extra]: FlagSpec): Candidate[] {
  if (extra === 'hidden') return [];
  return (names.match(/--?[\w-]+/g) ?? []).map((word) => ({ word, about }));
}

/** `<list|show> [profile...]`: the words, then the names; the last placeholder repeats when it ends in dots. */
function argumentAt(args: string, index: number): Wanted[] {
  const places = args.match(/[<[][^>\]]+[>\]]/g) ?? [];
  const last = places.at(-1);
  const place = places[index] ?? (last?.includes('...') === true ? last : undefined);
  const text = place?.replaceAll(/[<>[\].]/g, '') ?? '';
  if (text.includes('|') || text === 'plan')
    return [{ kind: 'words', words: text.split('|').map((word) => ({ word, about: '' })) }];
  return (ARGUMENTS[text] ?? []).map((kind): Wanted => (kind === 'words' ? { kind, words: [] } : { kind }));
}

function lists(flag: string): boolean {
  return flag === '--skip' || flag === '--limit';
}

function upToComma(text: string): string {
  return /^.*[,:](?:[!&])?/.exec(text)?.[0] ?? '';
}

/** A pattern is made of parts: `web:!web1`. */
function upToSeparator(text: string): string {
  return /^(?:.*[,:])?[!&]?/.exec(text)?.[0] ?? '';
}
