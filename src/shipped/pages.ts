import type { PageTexts } from '../report/page-texts.ts';
import type { FlameTexts } from '../report/trace/flame-html.ts';
import { shippedText } from './files.ts';

/** The texts of a page: `run`, `analysis`. */
export function loadPage(name: 'run' | 'analysis'): PageTexts {
  return {
    template: shippedText(`templates/report/${name}.html`),
    style: shippedText('templates/report/style.css').trimEnd(),
  };
}

/** The texts of a flame graph: a page with a script of its own. */
export function loadFlamePage(): FlameTexts {
  return {
    template: shippedText('templates/report/flame.html'),
    style: `${shippedText('templates/report/style.css')}${shippedText('templates/report/flame.css')}`.trimEnd(),
    script: shippedText('templates/report/flame.js'),
  };
}
