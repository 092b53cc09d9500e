import type { FlameBox } from '../../investigate/flame/layout.ts';
import type { WaitKind } from '../../investigate/flame/wait-kinds.ts';
import { escapeHtml, markup, Markup } from '../markup.ts';
import { microseconds, percent } from '../quantities.ts';
import { flameColours } from './flame-colours.ts';

const WIDTH = 1200;
const ROW = 19;
/** Of the font that is asked for, at 12 pixels. */
const LETTER = 7.25;

/** Frames narrower than this, in shares of the whole, are not worth drawing: a tenth of a pixel. */
export const LEAST_SHARE = 0.1 / WIDTH;

/** The graph as SVG: the root at the bottom, what it waits in on top. Everything that came from a guest is escaped. */
export function flameSvg(boxes: readonly FlameBox[], kinds: readonly WaitKind[], title: string): Markup {
  const total = boxes[0]?.us ?? 0;
  const rows = boxes.reduce((most, { depth }) => Math.max(most, depth), 0) + 1;
  const frames = boxes.map((box) => frame(box, rows, total, kinds));
  return new Markup(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${rows * ROW}" role="img" aria-label="${escapeHtml(title)}">\n${frames.join('')}</svg>`,
  );
}

/** The same as a file of its own, with its colours for light and dark. */
export function flameSvgFile(boxes: readonly FlameBox[], kinds: readonly WaitKind[], title: string): string {
  const style = `:root{--ink:#1b1f24;--page:#fff}@media (prefers-color-scheme: dark){:root{--ink:#e6edf3;--page:#0d1117}}${flameColours(kinds)}${FRAMES}`;
  const { html } = flameSvg(boxes, kinds, title);
  const opened = html.indexOf('>') + 1;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${html.slice(0, opened)}<style>${style}</style><title>${escapeHtml(title)}</title>${html.slice(opened)}\n`;
}

const FRAMES =
  'svg{background:var(--page)}.f rect{stroke:var(--page)}.f text{font:12px ui-monospace,monospace;fill:var(--ink)}' +
  '.f.task rect,.f.guest rect{fill:var(--task)}.f.user rect{fill:var(--user)}.f.mark rect{fill:var(--mark)}.f.waker rect{fill:var(--waker)}';

function frame(box: FlameBox, rows: number, total: number, kinds: readonly WaitKind[]): string {
  const { name, side, kind, depth, x, us } = box;
  const scale = WIDTH / Math.max(total, 1);
  const [left, wide, top] = [x * scale, us * scale, (rows - 1 - depth) * ROW];
  const room = Math.floor((wide - 8) / LETTER);
  const letters = Array.from(name);
  const label = letters.length <= room ? name : `${letters.slice(0, Math.max(room - 1, 0)).join('')}…`;
  const text = room < 2 ? null : markup`<text x="${round(left + 4)}" y="${top + ROW / 2 + 4}">${label}</text>`;
  return markup`<g class="f ${side} k${kind}"><title>${describe(box, total, kinds)}</title><rect x="${round(left)}" y="${top}" width="${round(wide)}" height="${ROW}" rx="2"/>${text}</g>\n`
    .html;
}

function describe({ name, side, kind, us }: FlameBox, total: number, kinds: readonly WaitKind[]): string {
  const waits = side === 'kernel' ? `, ${kinds[kind]?.label ?? ''}` : side === 'waker' ? ', waker' : '';
  return `${name}: ${microseconds(us)}, ${percent(us, total)}${waits}`;
}

function round(pixels: number): number {
  return Math.round(pixels * 100) / 100;
}
