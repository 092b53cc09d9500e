import { dirname, isAbsolute, join } from 'node:path';

import { ProvisionError } from '../errors.ts';
import { expandHome, expandPattern, readIfThere } from './files.ts';
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
  if (only !== undefined) {
    const text = readIfThere(only);
    if (text === undefined)
      throw new ProvisionError('E_USAGE', `cannot read the ssh_config ${only}`, { where: { file: only } });
    return parse(text, only, userFolder, home, 0);
  }
  const own = join(userFolder, 'config');
  return [
    ...parse(readIfThere(own) ?? '', own, userFolder, home, 0),
    ...parse(readIfThere(system) ?? '', system, dirname(system), home, 0),
  ];
}

function parse(text: string, file: string, folder: string, home: string, depth: number): ConfigLine[] {
  return parseSshConfig(text, file, (pattern) => {
    if (depth >= MAX_DEPTH)
      throw new ProvisionError('E_INVENTORY', `ssh_config files include each other more than ${MAX_DEPTH} deep`, {
        where: { file },
      });
    const expanded = expandHome(pattern, home);
    const paths = expandPattern(isAbsolute(expanded) ? expanded : join(folder, expanded));
    return paths.map((path) => parse(readIfThere(path) ?? '', path, folder, home, depth + 1));
  });
}
