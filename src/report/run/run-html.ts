import { render } from '../../plan/render.ts';
import { escapeHtml, markup, type Markup } from '../markup.ts';
import { count, duration } from '../quantities.ts';
import { FAILURES } from '../result-lines.ts';
import type { PageTexts } from '../page-texts.ts';
import { changeBlocks, driftBlocks } from './change-blocks.ts';
import { crashBlocks } from './crash-blocks.ts';
import { failureBlocks } from './failure-blocks.ts';
import { guestTable } from './guest-table.ts';
import { rebootTable } from './reboot-table.ts';
import type { RunStory } from './run-story.ts';
import { timeline } from './timeline.ts';

/**
 * A run as one HTML file that needs nothing else: no script, no network.
 * @param texts templates/report/run.html and style.css
 */
export function renderRunHtml(story: RunStory, { template, style }: PageTexts): string {
  const { state } = story;
  return render(template, {
    style,
    title: escapeHtml(`${headline(story)} - ${story.record.id}`),
    heading: markup`<h1 class="${story.exitCode === 0 ? 'good' : isBad(story) ? 'bad' : 'odd'}">${headline(story)}</h1>`
      .html,
    facts: facts(story).html,
    failures: section('Failures', failureBlocks(state.results.groups(state.order))).html,
    guests: guestTable(story.guests).html,
    crashes: section('Crash tests', crashBlocks(story.crashes)).html,
    reboots: section('Reboots', rebootTable(state.reboots, story.gates)).html,
    changes: section(
      state.dryRun ? 'What would change' : 'Changes',
      changeBlocks(state.plans.groups(state.order), state.dryRun),
    ).html,
    drift: section('Differences from the profile', driftBlocks(state.drifts.groups(state.order))).html,
    timeline: timeline(story).html,
  });
}

/** The run in one line: `apply debug-panic: 7 of 100 guests failed`. */
export function headline({ record, state, guests, exitCode }: RunStory): string {
  const name = [record.command, state.profile].filter((word) => word !== undefined).join(' ');
  const failed = guests.filter(({ outcome }) => outcome === null || FAILURES.has(outcome)).length;
  const of = count(guests.length, 'guest');
  if (exitCode === null) return `${name}: no end, ${failed} of ${of} without success`;
  if (failed > 0) return `${name}: ${failed} of ${of} without success`;
  return `${name}${state.dryRun ? ' (dry run)' : ''}: ${of}, ${MEANINGS[exitCode] ?? `exit code ${exitCode}`}`;
}

/** docs/exit-codes.md in a few words. */
const MEANINGS: Readonly<Record<number, string>> = {
  0: 'all well',
  1: 'a guest failed',
  2: 'nothing touched',
  3: 'differences found',
  4: 'some unreachable',
  5: 'a reboot is pending',
  130: 'interrupted',
};

function isBad({ exitCode }: RunStory): boolean {
  return exitCode === null || exitCode === 1 || exitCode === 4 || exitCode === 130;
}

function facts({ record, state, ms, exitCode }: RunStory): Markup {
  const end =
    exitCode === null ? 'none: the run was cut off, or is still going on' : `${exitCode}, ${MEANINGS[exitCode] ?? ''}`;
  const rows: readonly (readonly [string, Markup | string])[] = [
    ['command', markup`<code>provision ${record.argv.join(' ')}</code>`],
    ...(state.profile === undefined ? [] : [['profile', state.profile] as const]),
    ['by', record.by],
    [
      'began',
      markup`<time datetime="${record.startedAt}">${record.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>`,
    ],
    ['took', duration(ms)],
    ['exit code', end],
    ['run', `${record.id}, provision ${record.version}`],
  ];
  return markup`<table class="facts">${rows.map(([label, value]) => markup`<tr><th scope="row">${label}</th><td>${value}</td></tr>\n`)}</table>`;
}

function section(title: string, body: Markup): Markup {
  return body.html === '' ? markup`` : markup`<section><h2>${title}</h2>\n${body}</section>`;
}
