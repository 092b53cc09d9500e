import type { AptAction, AptFacts, PackageFact } from './facts.ts';
import { linesOf, type Sections } from './sections.ts';

/** dpkg-query's lines `name<TAB>status<TAB>version<TAB>architecture`. */
export function parsePackages(sections: Sections): { packages: Record<string, PackageFact>; arch: string } {
  const packages: Record<string, PackageFact> = {};
  let arch = '';
  for (const line of linesOf(sections, 'packages')) {
    const [name = '', status = '', version = '', architecture = ''] = line.split('\t');
    if (name === 'dpkg') arch = architecture;
    // One line per architecture: an installed one beats the rest.
    if (name !== '' && packages[name]?.status !== 'install ok installed') packages[name] = { status, version };
  }
  return { packages, arch };
}

/** What apt said about the missing packages; null when the guest had nothing to ask apt about. */
export function parseApt(sections: Sections): AptFacts | null {
  const missing: string[] = [];
  const unknown: string[] = [];
  const actions: AptAction[] = [];
  const errors: string[] = [];
  let fetchBytes: number | null = null;
  let diskBytes: number | null = null;
  let freshLists = false;
  for (const line of linesOf(sections, 'apt')) {
    if (line === 'fresh-lists') freshLists = true;
    else if (line.startsWith('missing ')) missing.push(line.slice(8));
    else if (line.startsWith('unknown ')) unknown.push(line.slice(8));
    else if (/^(Inst|Remv) /.test(line)) actions.push(...parseAction(line));
    else if (line.startsWith('Need to get ')) fetchBytes = parseFetch(line);
    else if (line.startsWith('After this operation')) diskBytes = parseDisk(line);
    else if (/^E: |Depends: /.test(line)) errors.push(line.replace(/^E: /, '').trim());
  }
  if (missing.length === 0 && unknown.length === 0) return null;
  const error = errors.length > 0 ? errors.join('; ') : null;
  return { missing, unknown, actions, fetchBytes, diskBytes, error, freshLists };
}

export function dpkgInterrupted(sections: Sections): boolean {
  return linesOf(sections, 'apt').includes('interrupted');
}

/** `Inst name [old] (new origin [arch])` and `Remv name [old]`, as apt's simulation prints them. */
function parseAction(line: string): AptAction[] {
  const match = /^(Inst|Remv) (\S+)(?: \[([^\]]+)\])?(?: \((\S+))?/.exec(line);
  if (!match) return [];
  const [, verb, name = '', from, version] = match;
  if (verb === 'Remv') return [{ action: 'remove', name, version: from ?? '' }];
  if (from === undefined) return [{ action: 'install', name, version: version ?? '' }];
  return [{ action: 'upgrade', name, version: version ?? '', from }];
}

/** `Need to get 1,234 kB/12.8 MB of archives.`: the part before the slash is what the cache lacks. */
function parseFetch(line: string): number | null {
  const match = /^Need to get ([\d.,]+) ([kMG]?B)/.exec(line);
  return match ? bytes(match[1] ?? '', match[2] ?? '') : null;
}

function parseDisk(line: string): number | null {
  const match = /^After this operation, ([\d.,]+) ([kMG]?B) (of additional|disk space will be freed)/.exec(line);
  if (!match) return null;
  return bytes(match[1] ?? '', match[2] ?? '') * (match[3] === 'of additional' ? 1 : -1);
}

/** apt prints decimal units. */
const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

function bytes(number: string, unit: string): number {
  return Math.round(Number(number.replaceAll(',', '')) * (UNITS[unit] ?? 1));
}
