/** Texts of templates/export, by file name. */
export type ExportTemplates = Readonly<Record<string, string>>;

/** A text that an export is made of; one that is missing is a defect of ours. */
export function exportTemplate(templates: ExportTemplates, name: string): string {
  const text = templates[name];
  if (text === undefined) throw new Error(`no template ${name}`);
  return text;
}
