/** Whether a text is a Jinja template, which only Ansible can fill in. */
export function isTemplate(text: string): boolean {
  return /\{\{|\{%|\{#/.test(text);
}
