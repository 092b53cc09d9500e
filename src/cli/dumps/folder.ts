import { textFlag } from '../flags.ts';
import type { Flags } from '../program.ts';

/** Where fetched dumps are: `fetch` puts them there, `analyze` looks there for a guest's. */
export function dumpsFolder(flags: Flags): string {
  return textFlag(flags, 'to') ?? 'dumps';
}
