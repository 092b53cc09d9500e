import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { MAX_ERRORS, quoted } from './place.ts';
import { throwAll, type YamlFile } from './read.ts';
import { didYouMean, suggest } from './suggest.ts';
import { nodeAt, plain, type Plain, type YamlNode } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** One thing wrong with a value, not yet tied to a place. */
export interface Complaint {
  readonly path: readonly PropertyKey[];
  /** It is about the last key of the path, not about its value. */
  readonly onKey: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** What to say about a key that the schema does not know; undefined: the closest known key is named. */
type UnknownKeyHint = (key: string, path: readonly PropertyKey[]) => string | undefined;

/**
 * Checks a value against a schema, without making code for it first as zod does by itself: that pays for a schema that sees
 * many values, and a run checks a few, once each.
 */
export function fit<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  return schema.safeParse(value, { jitless: true });
}

/**
 * Checks a file against a schema.
 * @throws ProvisionErrors all of the file's problems, in the order of the file
 */
export function checkYaml<T extends z.ZodType>(schema: T, file: YamlFile, unknownKey?: UnknownKeyHint): z.output<T> {
  const data = plain(file.root);
  const result = fit(schema, data);
  const complaints = result.success ? [] : complaintsOf(schema, data, result.error.issues, unknownKey);
  // A problem of the YAML itself, such as a key given twice, leaves no value: one error for it is enough.
  const taken = new Set(file.problems.map(placeKey));
  const errors = complaints.map((complaint) => toError(complaint, file)).filter((error) => !taken.has(placeKey(error)));
  throwAll([...file.problems, ...errors]);
  if (!result.success) throw new ProvisionError(file.code, 'the file does not fit its schema');
  return result.data;
}

/** What is wrong with data, in words; `data` is what the schema was given. */
export function complaintsOf(
  schema: z.ZodType,
  data: Plain,
  issues: readonly Issue[],
  unknownKey?: UnknownKeyHint,
): Complaint[] {
  return issues.slice(0, MAX_ERRORS).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, MAX_ERRORS).map((key) => unknown(schema, issue.path, key, unknownKey));
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((errors) => errors.some(isInside));
      if (branch) {
        const inner = branch.map((error) => ({ ...error, path: [...issue.path, ...error.path] }));
        return complaintsOf(schema, data, inner, unknownKey);
      }
    }
    if (issue.code === 'invalid_key') return issue.issues.map((inner) => wrongKey(issue.path, inner));
    return [wrongValue(data, issue)];
  });
}

/** Whether a union's branch was the one that was meant: its kind fitted and something inside did not. */
function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function unknown(schema: z.ZodType, path: PropertyKey[], key: string, unknownKey?: UnknownKeyHint): Complaint {
  const known = keysAt(schema, path);
  const where = path.length === 0 ? '' : ` in ${dotted(path)}`;
  const near = suggest(key, known);
  const hint = near === undefined ? unknownKey?.(key, path) : undefined;
  return {
    path: [...path, key],
    onKey: true,
    message: `unknown key ${quoted(key)}${where}${near === undefined ? '' : `; did you mean ${near}?`}`,
    hint: hint ?? `the keys${where} are ${known.join(', ')}`,
  };
}

function wrongKey(path: PropertyKey[], issue: Issue): Complaint {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  const key = quoted(String(path.at(-1)));
  return { path, onKey: true, message: `${key}: ${issue.message}`, ...(typeof hint === 'string' ? { hint } : {}) };
}

function wrongValue(data: Plain, issue: Issue): Complaint {
  const value = valueAt(data, issue.path);
  if (value === undefined) {
    return { path: issue.path, onKey: true, message: `${dotted(issue.path)} is missing`, hint: `it ${issue.message}` };
  }
  const shown = describe(value);
  const near = typeof value === 'string' ? meant(value, choices(issue)) : '';
  return { path: issue.path, onKey: false, message: `${dotted(issue.path)} ${issue.message}, not ${shown}${near}` };
}

/** Where only one word is taken, it has been said. */
function meant(word: string, words: readonly string[]): string {
  return words.length > 1 ? didYouMean(word, words) : '';
}

function choices(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(choices) : [];
}

/** A value as an error names it. */
function describe(value: Plain): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** `panic.on[2]` is said as `panic.on`: the place already points at the item. */
function dotted(path: readonly PropertyKey[]): string {
  return path
    .filter((step) => typeof step === 'string')
    .map((step) => quoted(step).slice(1, -1))
    .join('.');
}

function valueAt(data: Plain, path: readonly PropertyKey[]): Plain | undefined {
  let value: Plain | undefined = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, Plain>>)[step];
  }
  return value;
}

/** Keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const [step, ...rest] = path;
  return objectsOf(schema).flatMap((object) => {
    if (step === undefined) return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
    const next: unknown = object instanceof z.ZodObject ? object.shape[String(step)] : object.valueType;
    return next instanceof z.ZodType ? keysAt(next, rest) : [];
  });
}

/** The object and record schemas that a schema comes down to. */
export function objectsOf(schema: z.ZodType): (z.ZodObject | z.ZodRecord)[] {
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return [schema];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => objectsOf(option as z.ZodType));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return objectsOf(schema.unwrap() as z.ZodType);
  }
  return [];
}

function toError(complaint: Complaint, file: YamlFile): ProvisionError {
  const { message, hint } = complaint;
  const { start, end } = spanOf(file.root, complaint.path, complaint.onKey);
  return new ProvisionError(file.code, message, { hint, where: file.places.place(start, end) });
}

/** Where a complaint points at in the value that it is about. */
export function spanOf(root: YamlNode, path: readonly PropertyKey[], onKey: boolean): { start: number; end: number } {
  const node = nodeAt(root, onKey ? path.slice(0, -1) : path);
  if (!onKey) return node;
  const entry = node.kind === 'map' ? node.entries.get(String(path.at(-1))) : undefined;
  // A missing key is pointed at where its mapping begins, not at the whole of it.
  return entry?.key ?? { start: node.start, end: node.start + 1 };
}

function placeKey({ where }: ProvisionError): string {
  return where && 'file' in where ? `${where.line}:${where.col}` : '';
}
