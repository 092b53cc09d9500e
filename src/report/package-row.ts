import type { AptAction } from '../facts/facts.ts';
import type { PackageStep } from '../plan/plan.ts';
import { cell, packItems, type Line, type Look, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';
import { megabytes } from './quantities.ts';
import type { Row } from './rows.ts';

/** Packages named on the row itself; dependencies beyond are counted. */
const MAX_NAMED = 12;
const INDENT = '       ';

/** What apt would do. Removals and upgrades of what is there are always named in full: those are the surprises. */
export function packageRow(step: PackageStep, look: Look): Row {
  const installs = step.actions.filter(({ action }) => action === 'install');
  const removes = step.actions.filter(({ action }) => action === 'remove');
  const upgrades = step.actions.filter(({ action }) => action === 'upgrade');
  const purge = step.action === 'purge';
  const unknown = step.actions.length === 0 && step.names.length > 0;
  const main = purge ? step.names.map((name) => named(name, removes)) : installNames(step.names, installs, look);
  return {
    sign: purge ? '-' : unknown ? '?' : installs.length === 0 ? '~' : '+',
    kind: 'package',
    subject: main.length > 0 ? main : ['finish the interrupted installation'],
    notes: [...sizes(step)],
    body: [
      ...listed(
        'upgrades',
        upgrades.map(({ name, from, version }) => `${name} ${from ?? '?'} -> ${version}`),
        'change',
        look,
      ),
      ...listed('removes', surplus(removes, purge ? step.names : []), 'danger', look),
    ],
  };
}

/** What was asked for first, then what comes along. */
function installNames(asked: readonly string[], installs: readonly AptAction[], look: Look): string[] {
  const wanted = new Set(asked);
  const names = [
    ...asked.map((name) => named(name, installs)),
    ...installs.filter(({ name }) => !wanted.has(name)).map(({ name, version }) => `${name} ${version}`),
  ];
  const shown = look.verbosity > 0 ? names.length : Math.max(asked.length, MAX_NAMED);
  const rest = names.length - shown;
  return rest > 0 ? [...names.slice(0, shown), `(+${rest} more)`] : names;
}

function named(name: string, actions: readonly AptAction[]): string {
  const found = actions.find((action) => action.name === name);
  return found && found.version !== '' ? `${name} ${found.version}` : name;
}

function surplus(removes: readonly AptAction[], asked: readonly string[]): string[] {
  return removes.filter(({ name }) => !asked.includes(name)).map(({ name, version }) => `${name} ${version}`.trim());
}

function sizes({ fetchBytes, diskBytes }: PackageStep): string[] {
  const parts: string[] = [];
  if (fetchBytes !== null && fetchBytes > 0) parts.push(`${megabytes(fetchBytes)} to fetch`);
  if (diskBytes !== null && diskBytes !== 0) {
    parts.push(diskBytes < 0 ? `frees ${megabytes(diskBytes)} of disk` : `${megabytes(diskBytes)} on disk`);
  }
  return parts.length > 0 ? [parts.join(', ')] : [];
}

function listed(word: string, items: readonly string[], tone: Tone, look: Look): Line[] {
  const lead = `${INDENT}${word.padEnd(9)}`;
  return packItems(items.map(escapeControl), look.width - lead.length, '  ').map((text, index) => [
    cell(index === 0 ? lead : ' '.repeat(lead.length), tone),
    cell(text, tone),
  ]);
}
