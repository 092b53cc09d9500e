import { readFileSync, statSync } from 'node:fs';

import { parseEngineUrl, redactEngineUrl, type EngineAddress } from '../engine/redis/address.ts';
import { reasonOf } from '../errno.ts';
import { ProvisionError } from '../errors.ts';
import { Secret } from '../guest/secret.ts';
import { quote } from '../shell.ts';
import { textFlag } from './flags.ts';
import type { Flags } from './program.ts';

type Env = Readonly<Record<string, string | undefined>>;
const FLAG = '--engine';

/**
 * The Redis that `--engine` names; undefined: this process does the work itself. The variable does not make a queue of an
 * `apply` that nobody asked to be one.
 * @throws ProvisionError E_USAGE
 */
export function engineAddressFrom(flags: Flags): EngineAddress | undefined {
  const url = textFlag(flags, 'engine');
  if (url !== undefined) return withPassword(parseEngineUrl(url), flags);
  if (textFlag(flags, 'enginePasswordFile') === undefined) return undefined;
  throw new ProvisionError('E_USAGE', '--engine-password-file is of an engine, and none is named', {
    hint: 'add --engine redis://host',
  });
}

/** The same for commands that are nothing without one: else `$PROVISION_ENGINE`. @throws ProvisionError E_USAGE */
export function requiredEngineFrom(flags: Flags, env: Env = process.env): EngineAddress {
  const variable = env['PROVISION_ENGINE'] ?? '';
  const url = textFlag(flags, 'engine') ?? (variable === '' ? undefined : variable);
  if (url !== undefined) return withPassword(parseEngineUrl(url), flags, env);
  throw new ProvisionError('E_USAGE', 'no engine is named', {
    hint: `${FLAG} redis://host, or $PROVISION_ENGINE (docs/redis.md)`,
  });
}

/** The arguments of a command line as they may be written down: without the password of an engine. */
export function shownArgv(argv: readonly string[]): string[] {
  return argv.map((word, index) => {
    if (word.startsWith(`${FLAG}=`)) return `${FLAG}=${redactEngineUrl(word.slice(FLAG.length + 1))}`;
    return argv[index - 1] === FLAG ? redactEngineUrl(word) : word;
  });
}

function withPassword(address: EngineAddress, flags: Flags, env: Env = process.env): EngineAddress {
  const file = textFlag(flags, 'enginePasswordFile');
  if (file !== undefined && address.password !== undefined) {
    throw new ProvisionError('E_USAGE', `${FLAG} and --engine-password-file each have a password`, {
      hint: 'leave the one in the address out: it can be seen in the list of processes',
    });
  }
  const variable = env['PROVISION_ENGINE_PASSWORD'] ?? '';
  const text = file === undefined ? variable : passwordIn(file);
  if (text === '' || (file === undefined && address.password !== undefined)) return address;
  return { ...address, password: Secret.of(text) };
}

/** Its first line. Others may not read it, as with SSH's keys; a file of somebody else's (a mounted secret) is theirs to guard. */
function passwordIn(file: string): string {
  try {
    const stats = statSync(file);
    if (stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o077) !== 0) {
      throw new ProvisionError('E_USAGE', `others may read ${file}, so it is no place for a password`, {
        hint: `chmod 600 ${quote(file)}`,
      });
    }
    const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/);
    if (line !== '') return line;
    throw new ProvisionError('E_USAGE', `there is no password in the first line of ${file}`);
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    throw new ProvisionError('E_USAGE', `cannot read the password file ${file}: ${reasonOf(cause)}`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}
