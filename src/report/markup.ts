import { escapeControl } from './escape.ts';

/** HTML that is safe to put into a page. Only `markup` makes it. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

type Part = Markup | readonly Markup[] | string | number | null;

/**
 * HTML with everything put in escaped: names of tasks and lines of logs come from machines that may mean harm.
 * @example markup`<td>${task.comm}</td>`
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(texts.map((text, index) => text + htmlOf(parts[index] ?? null)).join(''));
}

/** Text for HTML, also within an attribute's quotes. */
export function escapeHtml(text: string): string {
  const lines = text.split('\n').map(escapeControl).join('\n');
  return lines
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function htmlOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.html;
  return typeof part === 'object' ? part.map(({ html }) => html).join('') : escapeHtml(String(part));
}
