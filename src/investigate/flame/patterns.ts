/** One expression for names of which `*` stands for any letters; of no names, it fits nothing. */
export function anyOf(patterns: readonly string[]): RegExp {
  const sources = patterns.map((pattern) =>
    pattern
      .replaceAll('$', String.raw`\$`)
      .replaceAll('.', String.raw`\.`)
      .replaceAll('*', '.*'),
  );
  return sources.length === 0 ? /(?!)/ : new RegExp(`^(?:${sources.join('|')})$`);
}
