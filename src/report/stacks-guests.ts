import type { Unread } from '../investigate/collection/collection.ts';
import type { GuestStacks } from '../investigate/stacks/group.ts';
import { cpuConcerns } from '../investigate/stacks/cpu-concerns.ts';
import { cell, wrapText, type Line, type Look } from './cells.ts';
import { foldNames } from './node-set.ts';
import { count, duration } from './quantities.ts';
import type { EventOf } from './run-state.ts';
import { contextRows, type Labelled } from './stacks-context.ts';

type Told = EventOf<'guest.stacks'>;

/** From this many guests on, only what is remarkable of each is told (all of it with -v). */
const BRIEF_FROM = 4;
const LABEL_WIDTH = 12;
/** Per cent of ten seconds from which a pressure is worth a word. */
const PRESSING = 10;

/** What stands around the blocked tasks: memory, pressure, CPUs, and what could not be read. */
export function formatStackGuests(all: readonly Told[], look: Look): Line[] {
  if (look.verbosity < 0) return [];
  const brief = all.length >= BRIEF_FROM && look.verbosity < 1;
  const calm = brief ? all.filter(({ stacks }) => stacks.blocked.length === 0 && remarks(stacks).length === 0) : [];
  const names = foldNames(calm.map(({ guest }) => guest)).join(' ');
  return [
    ...wrapText(calm.length === 0 ? '' : `${names}: nobody is blocked`, look.width).map((text): Line => [cell(text)]),
    ...all.filter((each) => !calm.includes(each)).flatMap((each) => guestPage(each, brief, look)),
  ];
}

function guestPage({ guest, stacks }: Told, brief: boolean, look: Look): Line[] {
  const rows = brief ? remarks(stacks) : [...contextRows(stacks, look), ...remarks(stacks)];
  return [
    [cell(guest, 'strong'), cell(`  ${summary(stacks)}`)],
    ...rows.flatMap(([label, text, tone = 'plain']) =>
      wrapText(text, look.width - LABEL_WIDTH - 2).map((part, at): Line => [
        cell(`  ${(at === 0 ? label : '').padEnd(LABEL_WIDTH)}`, 'quiet'),
        cell(part, tone),
      ]),
    ),
  ];
}

function summary({ blocked, passing, threads, kernel, tookMs }: GuestStacks): string {
  const who = blocked.length === 0 ? 'nobody is blocked' : `${blocked.length} blocked`;
  const busy = passing.length === 0 ? '' : `, ${passing.length} in D for a moment only`;
  return `${who} of ${count(threads.read, 'thread')}${busy}; ${kernel}; looked for ${duration(tookMs)}`;
}

/** What is told of every guest, however many there are. */
function remarks(stacks: GuestStacks): Labelled[] {
  const { context, unread, kernelRefused, kernelAnswers, root } = stacks;
  const pressing = Object.entries(context.pressure).flatMap(([name, { full10, some10 }]) => {
    if ((full10 ?? 0) >= PRESSING) return [`${name}: all tasks waited for ${full10 ?? 0} % of 10 s`];
    return name !== 'cpu' && some10 >= 5 * PRESSING ? [`${name}: some task waited for ${some10} % of 10 s`] : [];
  });
  return [
    ...(pressing.length === 0 ? [] : [['pressure', pressing.join('; '), 'danger'] as const]),
    ...cpuConcerns(context).map((text): Labelled => ['cpus', text, 'danger']),
    ...unread.map((each): Labelled => ['not read', unreadWords(each, root), 'change']),
    ...kernelAnswers.filter(({ lost, whole }) => lost > 0 || !whole).map(lostWords),
    ...(kernelRefused === null ? [] : [['sysrq', `not asked: ${kernelRefused}`, 'change'] as const]),
  ];
}

function lostWords({ key, lost, whole }: GuestStacks['kernelAnswers'][number]): Labelled {
  const parts = [
    lost > 0 ? `${count(lost, 'record')} overwritten (log_buf_len=4M keeps more)` : '',
    whole ? '' : 'cut off',
  ];
  return ['sysrq', `${key}: ${parts.filter((part) => part !== '').join(', ')}`, 'change'];
}

function unreadWords({ what, reason, count: n, such }: Unread, root: boolean): string {
  if (reason === 'refused')
    return `${what}: ${root ? 'the kernel refused it' : 'root alone may see it (-u root, or -b)'}`;
  return `${n} x ${what}: no answer in time, such as ${such[0] ?? ''}`;
}
