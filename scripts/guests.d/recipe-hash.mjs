import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Changes with every file of a recipe, and with whatever else decides what is built.
 * @param {string} directory of the recipe
 * @param {string[]} seeds
 */
export function recipeHash(directory, ...seeds) {
  const hash = createHash('sha256');
  for (const seed of seeds) hash.update(seed);
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (entry.isFile()) hash.update(entry.name).update(fs.readFileSync(path.join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex').slice(0, 12);
}

const byPath = (a, b) => (path.join(a.parentPath, a.name) < path.join(b.parentPath, b.name) ? -1 : 1);
