import type { PageTexts } from '../report/page-texts.ts';
import { shippedText } from './files.ts';

/** The texts of a page: `run`, `analysis`. */
export function loadPage(name: 'run' | 'analysis'): PageTexts {
  return {
    template: shippedText(`templates/report/${name}.html`),
    style: shippedText('templates/report/style.css').trimEnd(),
  };
}
