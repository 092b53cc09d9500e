/**
 * Fills `{{name}}` in a template. Strict both ways: a name without a value and a value without a place are bugs, since
 * what comes out is written to a guest.
 */
export function render(template: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const text = template.replaceAll(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template needs a value for ${name}`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`template has no place for ${[...unused].join(', ')}`);
  return text;
}
