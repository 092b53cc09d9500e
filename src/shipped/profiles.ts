import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { composeProfile, type ComposedProfile, type ProfileLibrary } from '../profile/compose.ts';
import { parseProfile, type ProfileSource } from '../profile/parse.ts';
import { quoted } from '../yaml/place.ts';
import { didYouMean } from '../yaml/suggest.ts';
import { shippedNames, shippedText, userText } from './files.ts';

/** What errors and origins call a shipped profile; distinct from any path that a person is likely to have. */
const LABEL = 'provision/profiles/';
const ENDING = '.yaml';

/** Names of the shipped profiles. */
export function profileNames(): string[] {
  return shippedNames('profiles', ENDING).map((name) => name.slice(0, -ENDING.length));
}

/** Texts of a person's own profile files, by path: read from here first, and kept here once read. */
export type ProfileTexts = Map<string, string>;

/** The shipped profiles, as `profiles list` shows them. */
export function shippedProfiles(): ProfileSource[] {
  return profileNames().map(shippedProfile);
}

/**
 * Loads a profile with all that it extends.
 * @param profile a shipped name, or a path: something with a slash or a .yaml ending
 * @param texts see ProfileTexts: afterwards it holds each file that was used
 * @throws ProvisionError E_PROFILE: unknown, unreadable, malformed, or extending what is not there
 */
export function loadProfile(profile: string, texts: ProfileTexts = new Map()): ComposedProfile {
  const library: ProfileLibrary = { find: (name, from) => findBase(name, from, texts), names: profileNames() };
  return composeProfile(
    isPath(profile) ? userProfile(normalize(profile), texts) : namedProfile(profile, library.names),
    library,
  );
}

function namedProfile(name: string, names: readonly string[]): ProfileSource {
  if (names.includes(name)) return shippedProfile(name);
  const nearby = [`./${name}${ENDING}`, `./${name}.yml`, `./${name}`].find(
    (path) => /^[\w.-]+$/.test(name) && existsSync(path),
  );
  throw new ProvisionError('E_PROFILE', `there is no profile ${quoted(name)}${didYouMean(name, names)}`, {
    hint:
      nearby === undefined
        ? `known are ${names.join(', ')}; a file of yours is given as ./NAME.yaml`
        : `for the file here, say ${nearby}`,
  });
}

/** A base stands beside the profile that names it, or is a shipped one. A profile may extend the shipped one of its own name. */
function findBase(name: string, from: ProfileSource, texts: ProfileTexts): ProfileSource | undefined {
  const shipped = from.file.startsWith(LABEL);
  if (!shipped && isPath(name)) return userProfile(join(dirname(from.file), name), texts);
  const beside = join(dirname(from.file), name + ENDING);
  if (!shipped && beside !== from.file && (texts.has(beside) || existsSync(beside))) return userProfile(beside, texts);
  return profileNames().includes(name) ? shippedProfile(name) : undefined;
}

function isPath(text: string): boolean {
  return text.includes('/') || /\.ya?ml$/.test(text);
}

function shippedProfile(name: string): ProfileSource {
  return parseProfile(shippedText(`profiles/${name}${ENDING}`), LABEL + name + ENDING);
}

function userProfile(path: string, texts: ProfileTexts): ProfileSource {
  const text = texts.get(path) ?? userText(path, 'profile', 'E_PROFILE');
  texts.set(path, text);
  return parseProfile(text, path);
}
