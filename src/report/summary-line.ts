import type { Outcome } from '../events.ts';
import { cell, wrapText, type Line, type Look } from './cells.ts';
import { count, duration } from './quantities.ts';
import { guestArguments } from './result-lines.ts';
import type { RunState } from './run-state.ts';

/** The last line: what happened to how many guests, and what to type next. */
export function formatSummary(run: RunState, ms: number, next: string | undefined, look: Look): Line[] {
  const command = nextCommand(run, next);
  const facts = run.dryRun ? dryRunWords(run) : `${runWords(run, ms)}${command === undefined ? '' : '.'}`;
  // The command stays in one piece, so that it can be copied.
  const suggestion = `Next: ${command ?? ''}`;
  const lines = wrapText(facts, look.width);
  if (command === undefined) return lines.map((text) => [cell(text, 'strong')]);
  const last = lines.at(-1) ?? '';
  if (last.length + 1 + suggestion.length <= look.width) {
    return [
      ...lines.slice(0, -1).map((text): Line => [cell(text, 'strong')]),
      [cell(last, 'strong'), cell(` ${suggestion}`)],
    ];
  }
  return [...lines.map((text): Line => [cell(text, 'strong')]), [cell(suggestion)]];
}

function dryRunWords(run: RunState): string {
  const refused = Math.max(run.count('refused'), run.refused.size);
  const willing = run.count('planned') + run.count('refused') - refused;
  const parts = [`${willing} would change`, `${run.count('converged')} are as desired`];
  if (refused > 0) parts.push(`${refused} would be refused`);
  for (const [outcome, word] of REST)
    if (outcome !== 'refused' && run.count(outcome) > 0) parts.push(`${run.count(outcome)} ${word}`);
  return `Nothing was changed. ${parts.join(', ')}.`;
}

/** Commands that only look at guests. */
export const LOOKS: ReadonlySet<string> = new Set([
  'facts',
  'dumps list',
  'stacks',
  'doctor',
  'trace offcpu',
  'trace wakeup',
  'trace offwake',
  'evidence list',
  'evidence explain',
]);

/** Where the outcomes have other names for a person. */
const WORDS: Readonly<Record<string, { readonly changed: string; readonly converged: string }>> = {
  'dumps fetch': { changed: 'fetched from', converged: 'fetched before' },
  'evidence fetch': { changed: 'fetched from', converged: 'fetched before' },
};

const REST: readonly (readonly [Outcome, string])[] = [
  ['reboot-pending', 'reboot pending'],
  ['refused', 'refused'],
  ['skipped', 'skipped'],
  ['unreachable', 'unreachable'],
  ['interrupted', 'interrupted'],
  ['not-begun', 'not begun'],
  ['failed', 'failed'],
];

function runWords(run: RunState, ms: number): string {
  const parts: string[] = [];
  const words = WORDS[run.command] ?? { changed: 'changed', converged: convergedWord(run.command) };
  if (run.command === 'verify') parts.push(differ(run.count('drifted')));
  else if (run.command === 'doctor') parts.push(`${run.count('drifted')} to mend`);
  else if (run.command === 'crash-test') parts.push(`${run.count('captured')} captured`);
  else if (!LOOKS.has(run.command)) parts.push(`${run.count('changed')} ${words.changed}`);
  if (run.command !== 'crash-test') parts.push(`${run.count('converged')} ${words.converged}`);
  for (const [outcome, word] of REST) {
    if (outcome === 'failed' || run.count(outcome) > 0) parts.push(`${run.count(outcome)} ${word}`);
  }
  const ended = [...run.outcomes.values()].reduce((a, b) => a + b, 0);
  const missing = run.total - ended;
  if (missing > 0) parts.push(`${missing} not reached`);
  return `${count(Math.max(run.total, ended), 'guest')}: ${parts.join(', ')} (${duration(ms)})`;
}

function convergedWord(command: string): string {
  if (command === 'doctor') return 'in order';
  return LOOKS.has(command) ? 'read' : 'as desired';
}

function differ(n: number): string {
  return n === 1 ? '1 differs' : `${n} differ`;
}

/** Only when there is something to do. The caller knows the flags that were typed; without its word, the obvious one. */
function nextCommand(run: RunState, next: string | undefined): string | undefined {
  if (!run.dryRun && run.command !== 'verify') return undefined;
  const guests = run.results
    .groups(run.order)
    .filter(({ value }) => value.outcome === 'planned' || value.outcome === 'drifted')
    .flatMap(({ guests: all }) => all)
    .filter((guest) => !run.refused.has(guest))
    .sort(run.order);
  if (guests.length === 0) return undefined;
  if (next !== undefined) return next;
  const command = run.command === 'plan' || run.command === 'verify' ? 'apply' : run.command;
  const words = ['provision', command, run.profile, guestArguments(guests)];
  return words.filter((word) => word !== undefined && word !== '').join(' ');
}
