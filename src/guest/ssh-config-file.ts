import { dirname, isAbsolute, join } from 'node:path';

import { ProvisionError } from '../errors.ts';
import { expandHome, expandPattern, readIfThere } from './files.ts';
import { ConfigCheck } from './ssh-config-check.ts';
import { parseSshConfig, type ConfigLine } from './ssh-config.ts';

const MAX_DEPTH = 16;

interface ConfigFiles {
  readonly home: string;
  /** `-F`: this file and no other. */
  readonly only?: string | undefined;
  readonly system?: string | undefined;
}

/** The person's ssh_config, then the machine's, with everything that they include. */
export function loadSshConfig({ home, only, system = '/etc/ssh/ssh_config' }: ConfigFiles): ConfigLine[] {
  const userFolder = join(home, '.ssh');
  const check = new ConfigCheck();
  if (only !== undefined) {
    const text = readIfThere(only);
    if (text === undefined)
      throw new ProvisionError('E_USAGE', `cannot read the ssh_config ${only}`, { where: { file: only } });
    return parse(text, only, { folder: userFolder, home, check });
  }
  const own = join(userFolder, 'config');
  return [
    ...parse(readIfThere(own) ?? '', own, { folder: userFolder, home, check }),
    ...parse(readIfThere(system) ?? '', system, { folder: dirname(system), home, check }),
  ];
}

interface Place {
  /** Where relative names of files are looked for. */
  readonly folder: string;
  readonly home: string;
  readonly check: ConfigCheck;
}

function parse(text: string, file: string, place: Place, depth = 0): ConfigLine[] {
  const { folder, home, check } = place;
  const include = (pattern: string): ConfigLine[][] => {
    if (depth >= MAX_DEPTH)
      throw new ProvisionError('E_INVENTORY', `ssh_config files include each other more than ${MAX_DEPTH} deep`, {
        where: { file },
      });
    const expanded = expandHome(pattern, home);
    const paths = expandPattern(isAbsolute(expanded) ? expanded : join(folder, expanded));
    return paths.map((path) => parse(readIfThere(path) ?? '', path, place, depth + 1));
  };
  return parseSshConfig(text, file, include, check);
}
