import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

export const BUNDLE = 'bundle/provision.cjs';
/** What V8 made of the bundle when it was built; another version of Node passes it over and compiles anew. */
export const BUNDLE_CACHE = 'bundle/provision.cache';

/** Where the build put the bundle, beside this module in dist/. */
function built(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * The whole program as one script that was compiled when it was built.
 * @returns null when there is no bundle: in a tree that is run from its sources
 */
export function loadBundle(): { readonly script: Script; run(): void } | null {
  const filename = built(BUNDLE);
  if (!existsSync(filename)) return null;
  // What is compiled fits the flags that it was compiled under, so this comes before it. Young garbage is a few MB here: to
  // wake other threads for it costs more than it spares.
  setFlagsFromString('--no-parallel-scavenge');
  // The bundle is ASCII, so its bytes are its characters.
  const source = readFileSync(filename, 'latin1');
  const cache = built(BUNDLE_CACHE);
  const script = new Script(source, {
    filename,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const run = (): void => {
    const main = script.runInThisContext() as (load: NodeJS.Require, file: string, folder: string) => void;
    main(createRequire(filename), filename, dirname(filename));
  };
  return { script, run };
}

/** Runs the bundle; false when there is none. */
export function runBundle(): boolean {
  const bundle = loadBundle();
  bundle?.run();
  return bundle !== null;
}
