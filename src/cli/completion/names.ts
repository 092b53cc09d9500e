import { existsSync } from 'node:fs';
import type { Candidate, Place, Wanted } from './place.ts';

type Lookup = (place: Place) => Candidate[] | Promise<Candidate[]>;
type Kind = Exclude<Wanted['kind'], 'words'>;

/** A program that lists guests is not waited for as long as a command waits. */
const PROGRAM_TIMEOUT_MS = 3000;

/** How each kind of name is looked up. Each loads what it needs and nothing else: somebody waits after every Tab. */
const LOOKUPS: Readonly<Record<Kind, Lookup>> = {
  profile: async () => {
    const { shippedProfiles } = await import('../../shipped/profiles.ts');
    return shippedProfiles().map(({ name, description }) => ({ word: name, about: description }));
  },
  guest: async ({ inventories }) => {
    const { loadInventories } = await import('../../shipped/inventory.ts');
    const variable = process.env['PROVISION_INVENTORY'] ?? '';
    const named = [...inventories, ...(inventories.length > 0 || variable === '' ? [] : [variable])];
    if (named.length === 0 && existsSync('inventory.yaml')) named.push('inventory.yaml');
    const { guests, groups } = loadInventories(
      // Standard input belongs to the shell that asks.
      named.filter((name) => name !== '-'),
      { programTimeoutMs: PROGRAM_TIMEOUT_MS },
    );
    return [
      ...Object.entries(groups).map(([word, members]) => ({ word, about: `group of ${members.length}` })),
      ...guests.map(({ name, host }) => ({ word: name, about: host === name ? 'guest' : host })),
    ];
  },
  system: async () => {
    const { loadDistributions } = await import('../../shipped/catalogue.ts');
    return loadDistributions().flatMap(({ id, name, kdumpCmdlineAppend }) =>
      Object.keys(kdumpCmdlineAppend).map((arch) => ({ word: `${id}/${arch}`, about: name })),
    );
  },
  section: async () => {
    const { profileSections } = await import('../../profile/paths.ts');
    return profileSections().map((word) => ({ word, about: '' }));
  },
  setting: async () => {
    const { profilePaths } = await import('../../profile/paths.ts');
    return profilePaths()
      .filter(({ kind, path }) => kind === 'value' && !path.endsWith('KEY'))
      .map(({ path, description }) => ({ word: `${path}=`, about: description }));
  },
  run: async () => {
    const [{ runIds }, { runsFolder }] = await Promise.all([import('../../journal/read.ts'), import('../journal.ts')]);
    return runIds(runsFolder({})).map((word) => ({ word, about: '' }));
  },
  // The shell knows its files better.
  file: () => [{ word: ':files', about: '' }],
};

/** The candidates for a place, in the words of the shells' scripts: `word<TAB>what for`, one a line. */
export async function candidateLines(place: Place): Promise<string[]> {
  const lines: string[] = [];
  for (const wanted of place.wanted) {
    for (const { word, about } of wanted.kind === 'words' ? wanted.words : await lookedUp(wanted.kind, place)) {
      if (word === ':files') lines.push(word);
      else if (word.startsWith(place.begun)) lines.push(`${place.before}${word}\t${oneLine(about)}`);
    }
  }
  return lines;
}

/** What cannot be read has no names; the command itself will say why. */
async function lookedUp(kind: Kind, place: Place): Promise<Candidate[]> {
  try {
    return await LOOKUPS[kind](place);
  } catch {
    return [];
  }
}

/** Descriptions come from files of others: no control character of theirs reaches a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, 80);
}
