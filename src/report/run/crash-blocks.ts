import { crashMoments } from '../crash-test-block.ts';
import { markup, type Markup } from '../markup.ts';
import { count, duration } from '../quantities.ts';
import { PHASES } from '../result-lines.ts';
import { shortened } from './failure-blocks.ts';
import type { CrashStory, Verdict } from './crash-story.ts';

/** Crashes that are written out. */
const MAX_BLOCKS = 60;

/** Each crash on purpose: what happened when, what was checked, and what the capture kernel said where it failed. */
export function crashBlocks(crashes: readonly CrashStory[]): Markup {
  const rest = crashes.length - MAX_BLOCKS;
  const note =
    rest <= 0 ? null : markup`<p class="quiet">${count(rest, 'more crash test')}; the journal has all.</p>\n`;
  const alone = crashes.length === 1;
  return markup`${crashes.slice(0, MAX_BLOCKS).map((crash) => block(crash, alone))}${note}`;
}

function block({ guest, phases, verdict }: CrashStory, alone: boolean): Markup {
  const failed = verdict?.failure !== null;
  const words =
    verdict === null
      ? markup`<span class="outcome bad">no verdict</span>`
      : failed
        ? markup`<span class="outcome bad">crash not captured</span>`
        : markup`<span class="outcome good">crash captured</span>`;
  const open = failed || alone ? markup` open` : null;
  return markup`<details${open}><summary><b>${guest}</b> ${words}</summary>\n${verdict === null ? reached(phases) : judged(verdict)}</details>\n`;
}

function judged(verdict: Verdict): Markup {
  const { checks, failure, captureLog } = verdict;
  const moments = crashMoments(verdict).map(([ms, text]) => row(duration(ms), 'quiet', text));
  const looks = checks.map(({ ok, text }) => row(ok ? 'ok' : 'FAILED', ok ? 'add' : 'danger', text));
  const told = failure === null || checks.some(({ ok, text }) => !ok && text === failure);
  const why = told ? null : markup`<p class="message">${shortened(failure)}</p>\n`;
  const log =
    captureLog.length === 0
      ? null
      : markup`<p>The capture kernel said last:</p>\n<pre>${captureLog.map((line) => markup`${shortened(line)}\n`)}</pre>\n`;
  return markup`<ul class="rows moments">${moments}</ul>\n<ul class="rows moments">${looks}</ul>\n${why}${log}`;
}

/** A crash test that nobody saw the end of: how far the guest had come, as seen from the controller. */
function reached(phases: CrashStory['phases']): Markup {
  const rows = PHASES.flatMap(([phase, words]) => {
    const ms = phases[phase];
    return ms === undefined ? [] : [row(duration(ms), 'quiet', words.replace(/ after$/, ''))];
  });
  return markup`<ul class="rows moments">${[row(duration(phases.triggered ?? 0), 'quiet', 'triggered'), ...rows]}</ul>\n`;
}

function row(label: string, tone: string, text: string): Markup {
  return markup`<li><span class="kind ${tone}">${label}</span> <span>${shortened(text)}</span></li>\n`;
}
