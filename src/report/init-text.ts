import { cell, padding, type Line } from './cells.ts';
import { createPaint } from './colors.ts';

/** Files as they would be written, for a last look. */
export function formatPreview(
  files: readonly { readonly name: string; readonly text: string }[],
  color: boolean,
): string {
  const lines = files.flatMap(({ name, text }): Line[] => [
    [],
    [cell(`${name}:`, 'strong')],
    ...text
      .trimEnd()
      .split('\n')
      .map((line): Line => [cell(`    ${line}`)]),
  ]);
  return paintAll([...lines, []], color);
}

/** What was written, and what to type next. */
export function formatNextSteps(
  written: readonly string[],
  steps: readonly { readonly command: string; readonly meaning: string }[],
  color: boolean,
): string {
  const width = steps.reduce((most, { command }) => Math.max(most, command.length), 0);
  return paintAll(
    [
      [cell(written.length === 0 ? 'Nothing was written.' : `Wrote ${written.join(' and ')}. Next:`, 'strong')],
      ...steps.map(({ command, meaning }): Line => [
        cell(`  ${command}${padding(command, width)}   `),
        cell(meaning, 'quiet'),
      ]),
    ],
    color,
  );
}

function paintAll(lines: readonly Line[], color: boolean): string {
  const paint = createPaint(color);
  return lines.map((line) => `${paint(line)}\n`).join('');
}
