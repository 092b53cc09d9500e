/** Texts of templates/guest, by file name. */
export type GuestTemplates = Readonly<Record<string, string>>;

/** A text that ends up on a guest. One that is missing is a defect of ours: nothing half empty is ever sent. */
export function guestTemplate(templates: GuestTemplates, name: string): string {
  const text = templates[name];
  if (text === undefined) throw new Error(`no template ${name}`);
  return text;
}
