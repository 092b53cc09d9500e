import { ProvisionError, ProvisionErrors, type Place } from '../errors.ts';
import { cell, textWidth, type Line } from './cells.ts';
import { createPaint } from './colors.ts';
import { escapeControl } from './escape.ts';

interface ErrorTextOptions {
  readonly color: boolean;
}

/** More than this is a page that nobody reads before fixing the first. */
const MAX_ERRORS = 10;
/** Columns of a source line that are shown around the place. */
const MAX_EXCERPT = 100;

/**
 * An error for people, ending in a newline. Expected ones are a message with its place, the source line with a caret
 * when there is one, and what to do; anything else is a bug and shows its stack.
 */
export function formatError(error: unknown, { color }: ErrorTextOptions): string {
  const paint = createPaint(color);
  return linesOf(error)
    .map((line) => `${paint(line)}\n`)
    .join('');
}

function linesOf(error: unknown): Line[] {
  if (error instanceof ProvisionErrors) {
    const rest = error.errors.length - MAX_ERRORS;
    const shown = error.errors.slice(0, MAX_ERRORS).flatMap(expected);
    return rest > 0 ? [...shown, [cell(`and ${rest} more`)]] : shown;
  }
  return error instanceof ProvisionError ? expected(error) : bug(error);
}

function expected({ message, hint, where }: ProvisionError): Line[] {
  const step = where && 'guest' in where && where.step !== undefined ? ` (step ${where.step})` : '';
  return [
    [cell(prefix(where), 'strong'), cell('error: ', 'danger'), cell(oneLine(message) + step)],
    ...excerpt(where),
    ...(hint === undefined ? [] : [[cell('hint: ', 'strong'), cell(oneLine(hint))]]),
  ];
}

/** `file:line:col: ` as compilers write it, so that editors can jump there. */
function prefix(where: Place | undefined): string {
  if (where === undefined) return '';
  if ('guest' in where) return `${where.guest}: `;
  return `${[where.file, where.line, where.col].filter((part) => part !== undefined).join(':')}: `;
}

function excerpt(where: Place | undefined): Line[] {
  if (where === undefined || 'guest' in where || where.excerpt === undefined || where.excerpt === '') return [];
  const lines = where.excerpt.split('\n');
  // A parser may bring its own caret line.
  if (lines.length > 1) return lines.slice(0, 2).map((line) => [cell(`  ${line}`)]);
  // A tab would put the caret elsewhere on every terminal.
  const source = where.excerpt.replaceAll('\t', ' ');
  const column = Math.min(Math.max(where.col ?? 1, 1) - 1, source.length);
  const from = Math.max(0, column - MAX_EXCERPT / 2);
  const shown = source.slice(from, from + MAX_EXCERPT);
  const left = from > 0 ? '…' : '';
  const right = from + MAX_EXCERPT < source.length ? '…' : '';
  const lines2: Line[] = [[cell(`  ${left}${shown}${right}`)]];
  if (where.col === undefined) return lines2;
  const pad = textWidth(left + escapeControl(source.slice(from, column)));
  return [...lines2, [cell(`  ${' '.repeat(pad)}`), cell('^', 'danger')]];
}

function oneLine(text: string): string {
  return text
    .split(/\s*\n\s*/)
    .filter((line) => line !== '')
    .join('; ');
}

function bug(error: unknown): Line[] {
  const stack =
    error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : `thrown: ${String(error)}`;
  const [first = '', ...rest] = stack.split('\n');
  return [
    [cell('bug: ', 'danger'), cell(first)],
    ...rest.map((line): Line => [cell(line, 'quiet')]),
    ...(error instanceof Error && error.cause !== undefined ? [[cell(`caused by: ${firstLine(error.cause)}`)]] : []),
    [cell('This is a bug in provision. Please report it with the lines above.')],
  ];
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).split('\n')[0] ?? '';
}
