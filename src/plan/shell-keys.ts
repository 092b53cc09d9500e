/** One `KEY=value` of a file that dash sources and systemd reads: the value is written as it is, quotes included. */
export interface ShellKey {
  readonly key: string;
  readonly value: string;
}

/**
 * Changes keys in a shell-style file and nothing else: the last assignment in place, else the first commented form, else
 * appended. The guest's own `edit_keys` (templates/guest/converge.sh) does the same; a property test holds them together.
 */
export function editKeys(text: string, keys: readonly ShellKey[]): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  for (const { key, value } of keys) {
    const line = `${key}=${value}`;
    const set = lines.findLastIndex((candidate) => candidate.startsWith(`${key}=`));
    const commented = new RegExp(`^#[ \t]*${key}=`);
    const at = set >= 0 ? set : lines.findIndex((candidate) => commented.test(candidate));
    if (at >= 0) lines[at] = line;
    else lines.push(line);
  }
  return lines.map((line) => line + '\n').join('');
}
