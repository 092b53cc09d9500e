import { ProvisionError } from '../errors.ts';
import { profileJsonSchemaText } from '../profile/json-schema.ts';
import { profileNotes } from '../profile/notes.ts';
import { makeResolver } from '../profile/resolve.ts';
import { formatError } from '../report/error-text.ts';
import { formatDesired, formatProfileList } from '../report/profile-text.ts';
import { loadSysctls } from '../shipped/catalogue.ts';
import { loadProfile, shippedProfiles } from '../shipped/profiles.ts';
import { listFlag, skipFlag } from './flags.ts';
import { wantsColor } from './output.ts';
import type { Flags, Run } from './program.ts';

/** `provision profiles list|show|lint|schema` */
export const run: Run = ({ args, flags }) => {
  const [verb = '', ...names] = args;
  const action = VERBS[verb];
  if (action === undefined) {
    throw new ProvisionError('E_USAGE', `profiles takes list, show, lint or schema, not "${verb}"`);
  }
  return Promise.resolve(action(names, flags));
};

const VERBS: Readonly<Record<string, (names: readonly string[], flags: Flags) => number>> = {
  list: (_names, flags) => {
    const profiles = shippedProfiles().map(({ name, description }) => ({ name, description }));
    process.stdout.write(flags['json'] === true ? `${JSON.stringify(profiles)}\n` : formatProfileList(profiles));
    return 0;
  },
  show: (names, flags) => {
    if (names.length === 0) throw new ProvisionError('E_USAGE', 'profiles show needs a profile');
    for (const name of names) {
      const desired = makeResolver(loadProfile(name), {
        catalogue: loadSysctls(),
        sets: listFlag(flags, 'set'),
        skip: skipFlag(flags),
      })();
      const text =
        flags['json'] === true ? `${JSON.stringify(desired)}\n` : formatDesired(desired, flags['origin'] === true);
      process.stdout.write(text);
    }
    return 0;
  },
  lint: (names, flags) => {
    const catalogue = loadSysctls();
    const all = names.length > 0 ? names : shippedProfiles().map(({ name }) => name);
    let bad = 0;
    for (const name of all) {
      try {
        const options = { catalogue, sets: listFlag(flags, 'set'), skip: skipFlag(flags) };
        const notes = profileNotes(makeResolver(loadProfile(name), options)(), catalogue);
        process.stdout.write(`${name}: good\n${notes.map(({ path, text }) => `  ${path}: ${text}\n`).join('')}`);
      } catch (error) {
        if (!(error instanceof ProvisionError)) throw error;
        bad += 1;
        process.stderr.write(formatError(error, { color: wantsColor(flags, process.stderr) }));
      }
    }
    return bad > 0 ? 2 : 0;
  },
  schema: () => {
    process.stdout.write(profileJsonSchemaText());
    return 0;
  },
};
