import { readFileSync } from 'node:fs';

/** A file of test/fixtures/analysis: real answers about a real dump (Debian 12, 6.1.0-56), shortened. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/analysis/${name}`, import.meta.url), 'utf8');
}
