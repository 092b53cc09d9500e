import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Distribution } from '../facts/distribution.ts';
import type { SysctlEntry } from '../profile/sysctl-catalogue.ts';
import { shippedPath } from './files.ts';

/** The catalogue as values. Checking nine files of YAML takes longer than talking to twenty guests. */
export interface Catalogue {
  readonly sysctls: readonly SysctlEntry[];
  readonly distributions: readonly Distribution[];
}

export interface CatalogueText {
  readonly file: string;
  readonly text: string;
}

/** What is compiled, each into a file of its own, so that a command reads only what it needs. */
type Part = 'catalogue' | 'hangs';

const compiledPath = (part: Part): string => shippedPath(`dist/${part}.json`);

/** What the build made of exactly these files; null when it did not, or when one has been edited since. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the file is this build's own
export function readCompiled<T>(part: Part, texts: readonly CatalogueText[]): T | null {
  const path = compiledPath(part);
  if (!existsSync(path)) return null;
  const compiled = JSON.parse(readFileSync(path, 'utf8')) as { fingerprint: string; catalogue: T };
  return compiled.fingerprint === fingerprintOf(texts) ? compiled.catalogue : null;
}

/** Called by the build. */
export function writeCompiled(part: Part, texts: readonly CatalogueText[], catalogue: object): void {
  writeFileSync(compiledPath(part), JSON.stringify({ fingerprint: fingerprintOf(texts), catalogue }));
}

function fingerprintOf(texts: readonly CatalogueText[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of texts) hash.update(`${file} ${text.length}\n${text}`);
  return hash.digest('hex');
}
