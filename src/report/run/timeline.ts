import { markup, type Markup } from '../markup.ts';
import { count, duration } from '../quantities.ts';
import { verdictOf, wordsOf, type Verdict } from './outcomes.ts';
import type { Batch } from './rollout-story.ts';
import type { GuestStory, RunStory } from './run-story.ts';

/** When each guest began and ended, under the batch that it went in. */
export function timeline({ guests, batches, ms, record, stopped }: RunStory): Markup {
  const total = Math.max(ms, 1);
  const byName = new Map(guests.map((guest) => [guest.guest, guest]));
  const inBatch = new Set(batches.flatMap((batch) => batch.guests));
  const lane = (names: readonly string[]): Markup[] =>
    names
      .flatMap((name) => byName.get(name) ?? [])
      .filter(({ startMs }) => startMs !== null)
      .sort((a, b) => (a.startMs ?? 0) - (b.startMs ?? 0))
      .map((guest) => guestLane(guest, total));
  const rest = record.guests.filter((name) => !inBatch.has(name));
  const rows = [...batches.flatMap((batch) => [batchLane(batch, total), ...lane(batch.guests)]), ...lane(rest)];
  if (rows.length === 0) return markup``;
  const end = stopped === null ? null : markup`<p><b class="bad">stopped</b> ${stopped}</p>\n`;
  return markup`<section><h2>Timeline</h2>
${end}<div class="axis" aria-hidden="true"><span>0 s</span><span>${duration(total / 2)}</span><span>${duration(total)}</span></div>
<ol class="timeline" tabindex="0" aria-label="When each guest began and ended">
${rows}</ol></section>`;
}

function guestLane({ guest, outcome, startMs, endMs }: GuestStory, total: number): Markup {
  const from = startMs ?? 0;
  const to = endMs ?? total;
  const words = `${wordsOf(outcome)}, ${duration(from)} to ${endMs === null ? 'no end' : duration(to)}`;
  return markup`<li title="${guest}: ${words}"><span class="name">${guest}</span>${bar(from, to, total, verdictOf(outcome))}</li>\n`;
}

function batchLane({ name, guests, startMs, endMs, failed, gate }: Batch, total: number): Markup {
  const parts = [count(guests.length, 'guest')];
  if (failed !== null && failed > 0) parts.push(`${failed} failed`);
  if (endMs === null) parts.push('not ended');
  if (gate !== null) parts.push(gate.passed ? 'gate passed' : `gate not passed${gate.reason && `: ${gate.reason}`}`);
  return markup`<li class="batch"><span class="name"><b>${name}</b> <small>${parts.join(', ')}</small></span>${bar(startMs, endMs ?? total, total, 'quiet')}</li>\n`;
}

/** Begin and length as shares of the whole run, so that it fits any screen. */
function bar(from: number, to: number, total: number, verdict: Verdict): Markup {
  const left = Math.min(100, (from / total) * 100);
  const width = Math.min(100 - left, Math.max(0, ((to - from) / total) * 100));
  return markup`<span class="lane"><span class="${verdict}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%"></span></span>`;
}
