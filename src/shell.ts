/**
 * One argument as POSIX shell text: single quotes, and nothing else that a shell could read. The only place that quotes.
 * @throws Error on NUL, which no argument can hold
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a shell argument cannot hold a NUL byte');
  if (/^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line from its arguments. */
export function command(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}
