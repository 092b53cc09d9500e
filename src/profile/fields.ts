import * as z from 'zod';
import { DURATION, durationSeconds } from './duration.ts';

/**
 * The kinds of values that profiles and inventories are made of. A field's error continues the sentence `kdump.keep ...`;
 * its description is what `profiles schema`, the JSON Schema and editors show.
 */

/** `true` or `false`. */
export function flag(description: string): z.ZodBoolean {
  return z.boolean({ error: ({ input }) => `takes true or false${booleanTrap(input)}` }).describe(description);
}

/** A whole number with bounds. */
export function count(description: string, least: number, most: number): z.ZodNumber {
  const error = ({ input }: { readonly input?: unknown }): string =>
    `takes a whole number, ${least} to ${most}${numberTrap(input)}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error }).describe(description);
}

/** A duration with a unit, as text; `durationSeconds` reads it. */
export function duration(description: string, words: readonly string[] = []): z.ZodType<string, string> {
  const kinds = oneOf(['a duration such as 60s or 1h30m', ...words]);
  const error = ({ input }: { readonly input?: unknown }): string => {
    if (typeof input === 'number' && Number.isInteger(input))
      return `takes ${kinds}: it needs a unit, ${input}s for seconds`;
    if (typeof input === 'string' && durationSeconds(input) === 0) return `takes ${kinds}, at least 1s`;
    return `takes ${kinds}`;
  };
  const longEnough = `^(?:${[DURATION.source.slice(1, -1).replace('(?=\\d)', '(?=.*[1-9])'), ...words].join('|')})$`;
  return z.string({ error }).regex(new RegExp(longEnough), { error }).describe(description);
}

/** One word out of several. */
export function choice<const T extends readonly [string, ...string[]]>(
  description: string,
  words: T,
): z.ZodEnum<{ [W in T[number]]: W }> {
  return z.enum(words, { error: `takes ${oneOf(words)}` }).describe(description);
}

/** A list of known words. */
export function listOf<const T extends readonly [string, ...string[]]>(
  description: string,
  words: T,
): z.ZodArray<z.ZodEnum<{ [W in T[number]]: W }>> {
  const error = `takes a list of ${words.join(', ')}`;
  return z.array(z.enum(words, { error: `takes names out of ${words.join(', ')}` }), { error }).describe(description);
}

/** Text that fits a pattern; `takes` is what the error says. */
export function pattern(description: string, takes: string, expression: RegExp): z.ZodString {
  return z.string({ error: takes }).regex(expression, { error: takes }).describe(description);
}

/** Keys of a mapping that may have any number of them; an error names the key and what is wrong with it. */
export function keyed(problemOf: (key: string) => { message: string; hint: string } | null): z.ZodString {
  return z.string().superRefine((key, context) => {
    const problem = problemOf(key);
    if (problem === null) return;
    context.addIssue({ code: 'custom', message: problem.message, input: key, params: { hint: problem.hint } });
  });
}

/** A section: a mapping with known keys. */
export function section<T extends z.core.$ZodLooseShape>(
  description: string,
  shape: T,
): z.ZodObject<T, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z
    .strictObject(shape, {
      error: ({ code }) => (code === 'invalid_type' ? `takes keys of its own (${keys})` : undefined),
    })
    .describe(description);
}

/** A section that `false` leaves out, whatever a base profile says. */
export function removable<T extends z.core.$ZodLooseShape>(
  description: string,
  shape: T,
): z.ZodUnion<readonly [z.ZodObject<T, z.core.$strict>, z.ZodLiteral<false>]> {
  const keys = Object.keys(shape).join(', ');
  return z
    .union([section(description, shape), z.literal(false)], {
      error: `takes keys of its own (${keys}), or false to leave it out`,
    })
    .describe(`${description}. false leaves it out.`);
}

export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** YAML 1.1 readers took these words for booleans. */
export function booleanTrap(input: unknown): string {
  if (typeof input !== 'string') return '';
  if (/^(?:y|yes|on)$/i.test(input)) return ' (YAML 1.2 reads it as text: write true)';
  if (/^(?:n|no|off)$/i.test(input)) return ' (YAML 1.2 reads it as text: write false)';
  return /^(?:true|false)$/i.test(input) ? ' (in quotes it is text)' : '';
}

function numberTrap(input: unknown): string {
  if (typeof input !== 'string') return '';
  if (/^-?\d{16,}$/.test(input)) return ' (it is too big to be exact)';
  if (/^-?\d+$/.test(input)) return ' (in quotes it is text)';
  return /^-?\d[\d_]*$/.test(input) ? ' (without _)' : '';
}
