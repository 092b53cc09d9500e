import type { Line } from '../cells.ts';
import { markup, type Markup } from '../markup.ts';
import type { Row } from '../rows.ts';

const TONES: Readonly<Record<string, string>> = { '+': 'add', '~': 'change', '-': 'remove', '!': 'danger' };

/** Remembers what was shown, so that the same text of a file is on the page once however many guests get it. */
export class ShownBodies {
  readonly #ids = new Map<string, string>();

  /** The anchor of a text that was shown, null the first time. */
  seen(text: string): { readonly id: string; readonly first: boolean } {
    const known = this.#ids.get(text);
    const id = known ?? `text-${this.#ids.size + 1}`;
    this.#ids.set(text, id);
    return { id, first: known === undefined };
  }
}

/** The terminal's rows as a list that a narrow screen can wrap. */
export function rowsMarkup(rows: readonly Row[], shown: ShownBodies): Markup {
  return markup`<ul class="rows">${rows.map((row) => rowMarkup(row, shown))}</ul>\n`;
}

function rowMarkup({ sign, kind, subject, change, notes, body }: Row, shown: ShownBodies): Markup {
  const arrow =
    change === undefined
      ? null
      : markup` <span class="value"><del>${change.before}</del> → <ins>${change.after}</ins></span>`;
  const note = notes.length === 0 ? null : markup` <small>${notes.join('; ')}</small>`;
  return markup`<li><span class="kind ${TONES[sign] ?? 'quiet'}">${sign} ${kind}</span> <span><code>${subject.join('  ')}</code>${arrow}${note}${bodyMarkup(body, shown)}</span></li>\n`;
}

function bodyMarkup(body: readonly Line[], shown: ShownBodies): Markup | null {
  if (body.length === 0) return null;
  // A terminal's indent stands in the first cell of a line; here the box indents.
  const lines = body.map(([first, ...rest]) =>
    first === undefined ? [] : [{ ...first, text: first.text.trimStart() }, ...rest].filter(({ text }) => text !== ''),
  );
  const { id, first } = shown.seen(JSON.stringify(lines));
  if (!first && lines.length > 3) return markup` <a href="#${id}">the same text as above</a>`;
  const spans = lines.map(
    (line) => markup`${line.map(({ text, tone }) => markup`<span class="${tone}">${text}</span>`)}\n`,
  );
  const anchor = first ? markup` id="${id}"` : null;
  return markup`<pre${anchor}>${spans}</pre>`;
}
