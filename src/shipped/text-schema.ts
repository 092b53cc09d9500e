import * as z from 'zod';

/** A text of a catalogue that may not be empty. */
export const text = z.string({ error: 'takes text' }).min(1, { error: 'takes text' });
/** One that is a regular expression. */
export const pattern = text.refine(isPattern, { error: 'takes a regular expression' });

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
