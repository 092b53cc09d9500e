import { cell, wrapText, type Line, type Look } from '../cells.ts';
import { escapeControl } from '../escape.ts';
import { guestTone } from '../live/guest-tone.ts';
import { microseconds } from '../quantities.ts';
import type { EventOf } from '../run-state.ts';

/** Which tool traces a guest, and why that one. */
export function formatTool(
  { guest, program, version, because, passedOver }: EventOf<'guest.trace-tool'>,
  look: Look,
): Line[] {
  const name = `${program.split('/').at(-1) ?? program}${version === null ? '' : ` ${version}`}`;
  const head: Line = [cell(`${guest} `, guestTone(guest)), cell(`traced by ${name}: ${because}`)];
  if (look.verbosity < 1) return [head];
  return [
    head,
    ...passedOver.map(({ tool, reason }): Line => [
      cell(`${guest} `, guestTone(guest)),
      cell(`not by ${tool}: ${reason}`, 'quiet'),
    ]),
  ];
}

/** What must be known of a guest's trace before its figures are believed. */
export function formatTraced({ guest, pending, notes }: EventOf<'guest.trace'>, look: Look): Line[] {
  const left = pending.map(
    ({ comm, pid, us }) =>
      `${comm}${pid === null ? '' : ` (${pid})`} left in D and has not come back: ${microseconds(us)} until the end`,
  );
  return [...left, ...notes].flatMap((note) =>
    wrapText(escapeControl(note), look.width - guest.length - 2).map((text, at): Line => [
      cell(at === 0 ? `${guest}: ` : ' '.repeat(guest.length + 2), 'strong'),
      cell(text, 'change'),
    ]),
  );
}

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  html: 'flame graph',
  svg: 'picture',
  folded: 'folded stacks',
  speedscope: 'speedscope',
};

export function formatWritten({ files }: EventOf<'trace.written'>): Line[] {
  return files.map(({ format, path }) => [cell((FORMAT_WORDS[format] ?? format).padEnd(15), 'quiet'), cell(path)]);
}
