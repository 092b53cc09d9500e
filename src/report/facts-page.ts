import type { Facts } from '../facts/facts.ts';
import { cell, padding, textWidth, truncate, wrapText, type Line, type Look } from './cells.ts';
import { escapeControl } from './escape.ts';

interface GuestFacts {
  readonly guest: string;
  readonly facts: Facts;
}

/** From this many guests on, a page each would be a book. */
const TABLE_FROM = 4;
const LABEL_WIDTH = 12;

/** What is known of the guests: a page each for a few, a table for many (pages again with -v). */
export function formatFacts(all: readonly GuestFacts[], look: Look): Line[] {
  if (all.length >= TABLE_FROM && look.verbosity < 1) return factsTable(all);
  return all.flatMap((entry, index) => [...(index > 0 ? [[]] : []), ...factsPage(entry, look)]);
}

function factsPage({ guest, facts }: GuestFacts, look: Look): Line[] {
  const rows: readonly (readonly [string, string])[] = [
    ['system', `${facts.os.pretty} (${facts.arch}), init ${facts.init}`],
    ['kernel', facts.kernel.release],
    ['memory', `${gib(facts.memTotalKiB)} GiB`],
    ['uptime', uptime(facts.uptimeSeconds)],
    [
      'disk',
      facts.disks
        .map(({ path, freeKiB, totalKiB }) => `${path} ${gib(freeKiB)} of ${gib(totalKiB)} GiB free`)
        .join(', '),
    ],
    ['drivers', facts.drivers.join(' ')],
    ['cmdline', facts.cmdline],
    ['bootloader', `${facts.bootloader}${facts.secureBoot ? ', Secure Boot on' : ''}`],
    ['kdump', kdump(facts)],
    ['dumps', facts.crashDirs.join(' ')],
    ['armed', armed(facts)],
    ['provision', provisioned(facts)],
    ['container', facts.container ?? ''],
  ];
  return [
    [cell(guest, 'strong')],
    ...rows.filter(([, value]) => value !== '').flatMap(([label, value]) => labelled(label, value, look)),
  ];
}

function labelled(label: string, value: string, look: Look): Line[] {
  return wrapText(value, look.width - LABEL_WIDTH - 2).map((text, index) => [
    cell(`  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}`, 'quiet'),
    cell(text),
  ]);
}

const HEADINGS = ['GUEST', 'SYSTEM', 'KERNEL', 'ARCH', 'GiB', 'BOOT', 'KDUMP', 'ARMED', 'PROFILE'] as const;

function factsTable(all: readonly GuestFacts[]): Line[] {
  const rows = all.map(({ guest, facts }) =>
    [
      guest,
      system(facts),
      facts.kernel.release,
      facts.arch,
      gib(facts.memTotalKiB),
      facts.bootloader,
      facts.readiness.state,
      facts.arm.state === 'none' ? '-' : facts.arm.state,
      facts.state?.profile ?? '-',
    ].map((value) => truncate(escapeControl(value), 32)),
  );
  const widths = HEADINGS.map((heading, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? '')), heading.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((value, column) => value + padding(value, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [[cell(line(HEADINGS), 'quiet')], ...rows.map((row): Line => [cell(line(row))])];
}

/** `Debian 12` of `Debian GNU/Linux 12 (bookworm)`. */
function system({ os }: Facts): string {
  return os.pretty.replace(' GNU/Linux', '').replace(/\s*\(.*\)$/, '');
}

function kdump(facts: Facts): string {
  const { state, reason, hint } = facts.readiness;
  return `${state}: ${reason}${hint === null ? '' : ` (${hint})`}`;
}

function armed({ arm }: Facts): string {
  if (arm.state === 'none') return 'no';
  return arm.reason === '' ? arm.state : `${arm.state}: ${arm.reason}`;
}

function provisioned({ state, pending, job }: Facts): string {
  const parts = [state === null ? 'not provisioned' : `profile ${state.profile}${state.disarmed ? ', disarmed' : ''}`];
  if (pending !== null) parts.push(`an apply of ${pending.profile} was begun and not completed`);
  if (job !== null) parts.push(`a converge is running (${job.owner}, since ${job.since})`);
  return parts.join('; ');
}

function gib(kib: number): string {
  return (kib / 1024 / 1024).toFixed(1);
}

function uptime(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
