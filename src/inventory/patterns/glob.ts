/** `*`, `?`, `[abc]` and `[!abc]` as shells have them. */
export function globExpression(glob: string): RegExp {
  const body = glob.replaceAll(/\[!?[^\]]+\]|[*?]|[^*?[]+|\[/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (/^\[.+\]$/s.test(part))
      return `[${part
        .slice(1, -1)
        .replace(/^!/, '^')
        .replaceAll(/[\\\]]/g, String.raw`\$&`)}]`;
    return part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  try {
    return new RegExp(`^${body}$`, 'su');
  } catch {
    // A range that runs backwards: taken for what it says, letter by letter.
    return new RegExp(`^${glob.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)}$`);
  }
}
