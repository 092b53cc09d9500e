import pc from 'picocolors';
import type { Line, Tone } from './cells.ts';

export type Paint = (line: Line) => string;

/** Lines -> text, in colour or plain. */
export function createPaint(color: boolean): Paint {
  const colors = pc.createColors(color);
  const tones: { readonly [T in Tone]: (text: string) => string } = {
    plain: String,
    add: colors.green,
    remove: colors.red,
    change: colors.yellow,
    danger: (text) => colors.bold(colors.red(text)),
    quiet: colors.dim,
    strong: colors.bold,
    // Red is for what went wrong.
    'name-1': colors.cyan,
    'name-2': colors.magenta,
    'name-3': colors.blue,
    'name-4': colors.green,
    'name-5': colors.yellow,
    'name-6': colors.cyanBright,
  };
  return (line) =>
    line
      .map(({ text, tone }) => (text.trim() === '' ? text : tones[tone](text)))
      .join('')
      .trimEnd();
}

export interface ColorInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False for --no-color. */
  readonly flag: boolean;
  /** The stream is a terminal. */
  readonly tty: boolean;
}

/** Whether a stream gets colour: --no-color, then NO_COLOR, then FORCE_COLOR (0 is off), then whether it is a terminal. */
export function wantsColor({ env, flag, tty }: ColorInput): boolean {
  if (!flag || isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (isSet(forced)) return forced !== '0' && forced !== 'false';
  return tty && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/**
 * Whether a live view may be drawn on a stream: a terminal that can move its cursor, with colour or without. A CI's
 * terminal keeps every frame for ever.
 */
export function canBeDrawnOn({ env, tty }: Pick<ColorInput, 'env' | 'tty'>): boolean {
  const ci = isSet(env['CI']) && env['CI'] !== 'false' && env['CI'] !== '0';
  return tty && env['TERM'] !== 'dumb' && !ci;
}
