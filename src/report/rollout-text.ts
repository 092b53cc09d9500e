import type { Deadlines } from '../rollout/deadline.ts';
import type { Schedule } from '../rollout/strategy/rollout-state.ts';
import { padding, textWidth, wrapText } from './cells.ts';
import { escapeControl, escapeJson } from './escape.ts';
import { foldNames } from './node-set.ts';
import { count, duration } from './quantities.ts';

/** A rollout before it begins. */
export interface RolloutPage {
  readonly profile: string;
  readonly order: string;
  readonly schedule: Schedule;
  readonly gate: { readonly verify: boolean; readonly command: string | null };
  readonly deadlines: Deadlines;
}

const WIDTH = 100;

/** Who goes when, what comes between, and what ends it. */
export function formatRollout(page: RolloutPage): string {
  const { profile, order, schedule } = page;
  const { batches, forks } = schedule;
  const total = totalOf(schedule);
  const first = batches[0];
  const lines = [`${profile} on ${count(total, 'guest')}, order ${order}, ${forks} at a time`];
  const titles = batches.map(({ name, canary }) => (batches.length === 1 && !canary ? 'all at once' : name));
  const column = titles.reduce((width, title) => Math.max(width, textWidth(title)), 0);
  const between = betweenWords(page);
  batches.forEach(({ guests }, index) => {
    const title = titles[index] ?? '';
    const head = `  ${title}${padding(title, column)}  `;
    const names = foldNames(guests).join(', ');
    const [line = '', ...more] = wrapText(`${count(guests.length, 'guest')}: ${names}`, WIDTH - head.length);
    lines.push(head + line, ...more.map((text) => ' '.repeat(head.length) + text));
    if (between !== '' && index < batches.length - 1) lines.push(`  ${' '.repeat(column)}  then ${between}`);
  });
  const ends = [
    ...(first?.canary === true ? ['a canary fails'] : []),
    ...(schedule.failureLimit === null ? [] : [`${schedule.failureLimit} of ${total} guests have failed`]),
    ...(schedule.gate && batches.length > 1 ? ['a gate does not pass'] : []),
  ];
  lines.push(ends.length === 0 ? 'Goes on whatever fails.' : `Ends when ${ends.join(', or ')}.`);
  lines.push(...deadlineWords(page.deadlines), 'Nothing was connected to.');
  return lines.map((line) => `${escapeControl(line)}\n`).join('');
}

function betweenWords({ schedule, gate }: RolloutPage): string {
  return [
    ...(schedule.pauseMs > 0 ? [`a pause of ${duration(schedule.pauseMs)}`] : []),
    ...(gate.verify ? ['verify of these guests'] : []),
    ...(gate.command === null ? [] : [`the command: ${gate.command}`]),
  ].join(', then ');
}

function deadlineWords({ guest, step }: Deadlines): string[] {
  const words = [
    ...(guest === null ? [] : [`a guest after ${duration(guest)}`]),
    ...(step === null ? [] : [`one whose step takes ${duration(step)}`]),
  ];
  return words.length === 0 ? [] : [`Given up: ${words.join(', ')}.`];
}

/** The same for machines; one object. */
export function formatRolloutJson({ profile, order, schedule, gate, deadlines }: RolloutPage): string {
  const { batches, forks, failureLimit, pauseMs } = schedule;
  const object = {
    profile,
    order,
    guests: totalOf(schedule),
    forks,
    batches,
    pauseMs,
    gate,
    failureLimit,
    guestTimeoutMs: deadlines.guest,
    stepTimeoutMs: deadlines.step,
  };
  return `${escapeJson(JSON.stringify(object))}\n`;
}

function totalOf({ batches }: Schedule): number {
  return batches.reduce((sum, { guests }) => sum + guests.length, 0);
}
