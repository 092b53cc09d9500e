import type { Checkup, CheckupLevel } from '../investigate/doctor/checkup.ts';
import { cell, wrapText, type Line, type Look, type Tone } from './cells.ts';
import { count } from './quantities.ts';
import type { EventOf } from './run-state.ts';

const SIGNS: { readonly [L in CheckupLevel]: readonly [sign: string, tone: Tone] } = {
  ok: ['ok  ', 'add'],
  warn: ['warn', 'change'],
  bad: ['BAD ', 'danger'],
  unknown: ['?   ', 'quiet'],
};
const TOPIC_WIDTH = 13;
const TEXT_COLUMN = 2 + 4 + 2 + TOPIC_WIDTH;

/** One page: each thing that a hang is read with, and under it the command that mends it. With -q only what is not in order. */
export function formatDoctor({ guest, checks }: EventOf<'guest.doctor'>, look: Look): Line[] {
  const shown = look.verbosity < 0 ? checks.filter(({ level }) => level !== 'ok') : checks;
  return [headline(guest, checks), ...shown.flatMap((check) => checkLines(check, look))];
}

function headline(guest: string, checks: readonly Checkup[]): Line {
  const n = (level: CheckupLevel): number => checks.filter((check) => check.level === level).length;
  const [bads, warns] = [n('bad'), n('warn')];
  const less = warns === 0 ? '' : `, ${count(warns, 'thing')} could be better`;
  return bads === 0
    ? [cell(guest, 'strong'), cell(`  can be debugged${less}`, 'add')]
    : [cell(guest, 'strong'), cell(`  cannot be debugged as it is: ${count(bads, 'thing')} to mend${less}`, 'danger')];
}

function checkLines({ topic, level, text, mend }: Checkup, look: Look): Line[] {
  const [sign, tone] = SIGNS[level];
  const lines = wrapText(text, look.width - TEXT_COLUMN).map((part, at): Line => [
    cell(at === 0 ? `  ${sign}  ` : ' '.repeat(8), tone),
    cell((at === 0 ? topic : '').padEnd(TOPIC_WIDTH), 'quiet'),
    cell(part),
  ]);
  // A command stays in one piece, so that it can be copied.
  return mend === null ? lines : [...lines, [cell(' '.repeat(TEXT_COLUMN)), cell(`-> ${mend}`, 'strong')]];
}
