import { ProvisionError } from '../errors.ts';
import type { Distribution } from '../facts/distribution.ts';
import { didYouMean } from '../yaml/suggest.ts';

/** What an export is made for: it is chosen, since nobody looks at a guest. */
export interface Target {
  readonly distribution: Distribution;
  /** dpkg architecture */
  readonly arch: string;
}

/**
 * `debian12/amd64`, `debian-12`, `ubuntu22.04/arm64`; without an architecture it is amd64.
 * @throws ProvisionError E_USAGE for what the catalogue has not
 */
export function parseTarget(text: string, catalogue: readonly Distribution[]): Target {
  const [system = '', arch = 'amd64', ...rest] = text.toLowerCase().split('/');
  const distribution = catalogue.find(({ id }) => plain(id) === plain(system));
  const known = catalogue.map(({ id }) => id);
  if (distribution === undefined || rest.length > 0) {
    throw new ProvisionError('E_USAGE', `--for: there is no system "${text}"${didYouMean(system, known)}`, {
      hint: `known are ${known.join(', ')}, each with /amd64 or /arm64`,
    });
  }
  const archs = Object.keys(distribution.kdumpCmdlineAppend);
  if (!archs.includes(arch)) {
    throw new ProvisionError('E_USAGE', `--for: ${distribution.name} is not known on ${arch}`, {
      hint: `known are ${archs.join(', ')}, by dpkg's names`,
    });
  }
  return { distribution, arch };
}

function plain(name: string): string {
  return name.replaceAll(/[-_ ]/g, '');
}
