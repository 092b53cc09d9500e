import { createRequire } from 'node:module';

import type * as Diff from 'diff';
import type { FileStep } from '../plan/plan.ts';
import { cell, content, type Line, type Tone } from './cells.ts';

/** Loaded with the first diff: a run over guests that are as desired shows none, and starts sooner. */
const load = createRequire(import.meta.url);

const CONTEXT = 3;
/** Lines of one file that are shown; a plan is read by a person. */
const MAX_LINES = 60;
/** Files further apart than this are not worth a diff, and would take long to compare. */
const MAX_EDITS = 1500;
const INDENT = '       ';

/** What changes inside a file: a unified diff, the whole text of a new one, or why neither can be shown. */
export function formatFileDiff(step: FileStep): Line[] {
  const { before, after } = step;
  if (after === null) return [];
  if (after.text === null || (before !== null && before.text === null)) {
    return [note('(not UTF-8 text, so there is no diff to show)')];
  }
  if (before === null) return capped(splitLines(after.text).map((line) => added(line)));
  if (before.text === after.text) return [];
  return capped(hunkLines(before.text ?? '', after.text));
}

function hunkLines(before: string, after: string): Line[] {
  const { structuredPatch } = load('diff') as typeof Diff;
  const patch = structuredPatch('', '', before, after, undefined, undefined, {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  });
  if (patch === undefined) return [note('(nearly every line differs; --json has both texts)')];
  const several = patch.hunks.length > 1;
  return patch.hunks.flatMap((hunk) => [
    ...(several ? [note(`@@ line ${hunk.oldStart} @@`)] : []),
    ...hunk.lines.map(diffLine),
  ]);
}

const TONES: Readonly<Record<string, Tone>> = { '+': 'add', '-': 'remove', '\\': 'quiet' };

function diffLine(line: string): Line {
  return [cell(INDENT), content(line, TONES[line.charAt(0)] ?? 'plain')];
}

function added(line: string): Line {
  return [cell(INDENT), content(`+${line}`, 'add')];
}

function splitLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function capped(lines: Line[]): Line[] {
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), note(`(+${lines.length - MAX_LINES} more lines; --json has all)`)];
}

function note(text: string): Line {
  return [cell(INDENT), cell(text, 'quiet')];
}
