import { createHash } from 'node:crypto';
import { layOutAtMost, type FlameBox } from '../../investigate/flame/layout.ts';
import type { Side } from '../../investigate/flame/path.ts';
import { orderPaths } from '../../investigate/flame/ordered.ts';
import type { WaitKind } from '../../investigate/flame/wait-kinds.ts';
import { render } from '../../plan/render.ts';
import { escapeControl, escapeJson } from '../escape.ts';
import { escapeHtml, markup, type Markup } from '../markup.ts';
import type { PageTexts } from '../page-texts.ts';
import { count, microseconds, percent } from '../quantities.ts';
import { flameColours } from './flame-colours.ts';
import { flameSvg, LEAST_SHARE } from './flame-svg.ts';
import { whoseWait } from './top-lines.ts';
import type { TraceStory } from './trace-story.ts';

/** The page's own texts: templates/report/flame.html, .css and .js. */
export interface FlameTexts extends PageTexts {
  readonly script: string;
}

/** Frames in the page: zoomed in, far narrower ones can be seen than in the whole. */
const MOST_FRAMES = 30_000;
const LEAST_ZOOMED = LEAST_SHARE / 1000;
/** In the picture that stands there until the script has drawn its own, and where no script may run. */
const MOST_STILL = 2000;

const SIDES: readonly Side[] = ['guest', 'task', 'user', 'kernel', 'mark', 'waker'];

/** A trace as one HTML file that needs nothing else: graph, search, zoom, legend, top table. */
export function renderFlameHtml(story: TraceStory, { template, style, script }: FlameTexts): string {
  const { kinds } = story;
  const ordered = orderPaths(story.paths);
  const boxes = layOutAtMost(ordered, LEAST_ZOOMED, MOST_FRAMES);
  const still = layOutAtMost(ordered, LEAST_SHARE, MOST_STILL);
  const text = script.trimEnd();
  return render(template, {
    hash: `sha256-${createHash('sha256').update(text).digest('base64')}`,
    title: escapeHtml(story.title),
    style: `${style}\n${flameColours(kinds)}`,
    heading: markup`<h1>${story.title}</h1>\n<p class="quiet">${story.subtitle}</p>`.html,
    hint: escapeHtml(
      `${microseconds(ordered.us)} in ${count(story.paths.length, 'stack')}. A frame is as wide as its time is long.`,
    ),
    graph: flameSvg(still, kinds, story.title).html,
    legend: legend(story, ordered.us).html,
    top: top(story).html,
    notes: markup`${story.notes.map((note) => markup`<p class="odd">${note}</p>\n`)}`.html,
    data: dataOf(boxes, kinds),
    script: text,
  });
}

/** What the script draws from, column by column. `<` cannot end the element that it stands in. */
function dataOf(boxes: readonly FlameBox[], kinds: readonly WaitKind[]): string {
  const names = new Map<string, number>();
  const column = <T>(of: (box: FlameBox) => T): T[] => boxes.map(of);
  const indexOf = (name: string): number => {
    const index = names.get(name) ?? names.size;
    names.set(name, index);
    return index;
  };
  const columns = {
    depth: column(({ depth }) => depth),
    name: column(({ name }) => indexOf(escapeControl(name))),
    side: column(({ side }) => SIDES.indexOf(side)),
    kind: column(({ kind }) => Math.max(kind, 0)),
    x: column(({ x }) => x),
    us: column(({ us }) => us),
  };
  const data = { names: [...names.keys()], kinds: kinds.map(({ label }) => label), sides: SIDES, ...columns };
  return escapeJson(JSON.stringify(data)).replaceAll('<', String.raw`\u003c`);
}

function legend({ kinds, paths }: TraceStory, total: number): Markup {
  const sums = kinds.map(() => 0);
  for (const { kind, us } of paths) sums[kind] = (sums[kind] ?? 0) + us;
  const items = kinds
    .map(({ label }, index) => ({ label, index, us: sums[index] ?? 0 }))
    .filter(({ us }) => us > 0)
    .sort((a, b) => b.us - a.us)
    .map(({ label, index, us }) => item(`kernel k${index}`, `${label} ${percent(us, total)}`));
  const sides = new Set(paths.flatMap(({ frames }) => frames.map(({ side }) => side)));
  const others = [
    ...(sides.has('waker') ? [item('waker', 'who woke it: innermost function first, then the task')] : []),
    ...(sides.has('user') ? [item('user', 'the program')] : []),
  ];
  return markup`<ul class="legend">\n${[...items, ...others]}</ul>`;
}

function item(classes: string, label: string): Markup {
  return markup`<li><svg viewBox="0 0 10 10" aria-hidden="true"><g class="f ${classes}"><rect width="10" height="10" rx="2"/></g></svg>${label}</li>\n`;
}

function top({ top: waits, kinds }: TraceStory): Markup {
  if (waits.length === 0) return markup``;
  const labels = new Map(kinds.map(({ name, label }) => [name, label]));
  const rows = waits.map(
    (wait) =>
      markup`<tr><td class="number">${microseconds(wait.us)}</td><td class="number">${percent(wait.share, 1)}</td><td><b>${whoseWait(wait)}</b></td><td>${labels.get(wait.wait) ?? wait.wait}</td><td><code>${wait.where}</code></td><td>${wait.meaning ?? ''}</td></tr>\n`,
  );
  return markup`<section><h2>Where the time went</h2>
<table class="top"><thead><tr><th>time</th><th>share</th><th>task</th><th>waits for</th><th>in</th><th>what it means</th></tr></thead>
<tbody>${rows}</tbody></table></section>`;
}
