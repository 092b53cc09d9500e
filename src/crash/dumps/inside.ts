import { linesOf, type Sections } from '../../facts/sections.ts';
import { textsOf } from './entries.ts';
import type { Inside } from './judge.ts';

/**
 * path of a compressed dump -> what its decompressor brought; empty unless the look was asked to go deep. Of each file:
 * its number, the first bytes, the last ones, and somewhere among them the exit code, which takes another way.
 */
export function readInside(sections: Sections): Map<string, Inside> {
  const groups: string[][] = [];
  for (const line of linesOf(sections, 'inside')) {
    if (line.startsWith('file ')) groups.push([]);
    else groups.at(-1)?.push(line);
  }
  const paths = textsOf(sections, 'sizes').map((text) => text?.slice(text.indexOf(' ') + 1));
  return new Map(
    groups.flatMap((lines, at) => {
      const [path, inside] = [paths[at], readGroup(lines)];
      return path === undefined || inside === null ? [] : [[path, inside] as const];
    }),
  );
}

function readGroup(lines: readonly string[]): Inside | null {
  const valueOf = (word: string): string | undefined =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const missing = valueOf('missing');
  if (missing !== undefined) return { missing };
  const exit = valueOf('exit');
  if (exit === undefined) return null;
  const [head = Buffer.alloc(0), tail] = lines
    .filter((line) => line.startsWith(' '))
    .map((line) => Buffer.from(line.replaceAll(' ', ''), 'hex'));
  // A stream of 16 bytes or fewer has nothing after them.
  return { head, tail: tail ?? head, exitCode: Number(exit) };
}
