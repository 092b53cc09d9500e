import type { Distribution } from '../facts/distribution.ts';
import type { SysctlCatalogue, SysctlEntry } from '../profile/sysctl-catalogue.ts';
import { parseSysctlEntries } from '../profile/sysctl-entries.ts';
import { parseDistribution } from './distribution-entry.ts';
import { shippedNames, shippedText } from './files.ts';

/** Everything that provision knows before it has seen a guest. */
export interface ShippedKnowledge {
  readonly sysctls: SysctlCatalogue;
  readonly distributions: readonly Distribution[];
  /** templates/guest, by file name. */
  readonly templates: Readonly<Record<string, string>>;
}

/** Reads catalogue/ and templates/guest. @throws ProvisionErrors E_CATALOGUE when a file was edited into nonsense */
export function loadKnowledge(): ShippedKnowledge {
  return { sysctls: loadSysctls(), distributions: loadDistributions(), templates: loadTemplates() };
}

/** catalogue/sysctl, one map over all of its files. */
export function loadSysctls(): SysctlCatalogue {
  const files = shippedNames('catalogue/sysctl', '.yaml').map((name) => `catalogue/sysctl/${name}`);
  const entries = files.flatMap((file) => parseSysctlEntries(shippedText(file), file));
  return new Map<string, SysctlEntry>(entries.map((entry) => [entry.key, entry]));
}

/** catalogue/distributions, one file each. */
export function loadDistributions(): Distribution[] {
  return shippedNames('catalogue/distributions', '.yaml').map((name) => {
    const file = `catalogue/distributions/${name}`;
    return parseDistribution(shippedText(file), file, name.slice(0, -'.yaml'.length));
  });
}

function loadTemplates(): Record<string, string> {
  return Object.fromEntries(
    shippedNames('templates/guest').map((name) => [name, shippedText(`templates/guest/${name}`)]),
  );
}
