import { linesOf, type Sections } from '../../facts/sections.ts';

/** path of a file -> its lines, of a section of lines `path:line`. */
export type FileLines = ReadonlyMap<string, readonly string[]>;

export function fileLines(sections: Sections, name: string): FileLines {
  const files = new Map<string, string[]>();
  for (const line of linesOf(sections, name)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const path = line.slice(0, colon);
    const lines = files.get(path);
    if (lines === undefined) files.set(path, [line.slice(colon + 1)]);
    else lines.push(line.slice(colon + 1));
  }
  return files;
}

/** The number behind `key:` or `key   :`; null: there is none. */
export function numberOf(lines: readonly string[] | undefined, key: string): number | null {
  const line = lines?.find((each) => each.startsWith(key));
  const match = /^\s*:\s*(-?[\d.]+)/.exec(line?.slice(key.length) ?? '');
  return match === null ? null : Number(match[1]);
}
