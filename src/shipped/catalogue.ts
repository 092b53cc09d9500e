import type { Distribution } from '../facts/distribution.ts';
import type { SysctlCatalogue, SysctlEntry } from '../profile/sysctl-catalogue.ts';
import { parseSysctlEntries } from '../profile/sysctl-entries.ts';
import { readCompiled, writeCompiled, type Catalogue, type CatalogueText } from './compiled.ts';
import { parseDistribution } from './distribution-entry.ts';
import { shippedNames, shippedText } from './files.ts';

/** Everything that provision knows before it has seen a guest. */
export interface ShippedKnowledge {
  readonly sysctls: SysctlCatalogue;
  readonly distributions: readonly Distribution[];
  /** templates/guest, by file name. */
  readonly templates: Readonly<Record<string, string>>;
}

const ENDING = '.yaml';
const SYSCTLS = 'catalogue/sysctl/';
const DISTRIBUTIONS = 'catalogue/distributions/';

/** Reads catalogue/ and templates/guest. @throws ProvisionErrors E_CATALOGUE when a file was edited into nonsense */
export function loadKnowledge(): ShippedKnowledge {
  const texts = catalogueTexts();
  const { sysctls, distributions } = readCompiled<Catalogue>('catalogue', texts) ?? parseCatalogue(texts);
  return { sysctls: byKey(sysctls), distributions, templates: loadTemplates() };
}

/** catalogue/sysctl, one map over all of its files. */
export function loadSysctls(): SysctlCatalogue {
  return loadKnowledge().sysctls;
}

/** catalogue/distributions, one file each. */
export function loadDistributions(): readonly Distribution[] {
  return loadKnowledge().distributions;
}

/** What the build leaves beside the code, so that a start need not check the catalogue again. */
export function compileCatalogue(): void {
  const texts = catalogueTexts();
  writeCompiled('catalogue', texts, parseCatalogue(texts));
}

function parseCatalogue(texts: readonly CatalogueText[]): Catalogue {
  const under = (folder: string): CatalogueText[] => texts.filter(({ file }) => file.startsWith(folder));
  return {
    sysctls: under(SYSCTLS).flatMap(({ file, text }) => parseSysctlEntries(text, file)),
    distributions: under(DISTRIBUTIONS).map(({ file, text }) =>
      parseDistribution(text, file, file.slice(DISTRIBUTIONS.length, -ENDING.length)),
    ),
  };
}

function catalogueTexts(): CatalogueText[] {
  return [SYSCTLS, DISTRIBUTIONS].flatMap((folder) =>
    shippedNames(folder, ENDING).map((name) => ({ file: folder + name, text: shippedText(folder + name) })),
  );
}

function byKey(entries: readonly SysctlEntry[]): SysctlCatalogue {
  return new Map(entries.map((entry) => [entry.key, entry]));
}

function loadTemplates(): Record<string, string> {
  return Object.fromEntries(
    shippedNames('templates/guest').map((name) => [name, shippedText(`templates/guest/${name}`)]),
  );
}
