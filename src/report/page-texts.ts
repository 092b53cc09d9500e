/** What a page is made of besides its data: a template in templates/report, and the style that all pages share. */
export interface PageTexts {
  readonly template: string;
  readonly style: string;
}
