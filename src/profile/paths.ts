import * as z from 'zod';
import { didYouMean } from '../yaml/suggest.ts';
import { quoted } from '../yaml/place.ts';
import { complaintsOf, fit, objectsOf, type Complaint } from '../yaml/check.ts';
import type { Plain } from '../yaml/tree.ts';
import { HEADER } from './leaves.ts';
import { API_VERSION, profileSchema } from './schema.ts';
import { sysctlKey, sysctlKeyProblem } from './sysctl-key.ts';

interface ProfilePath {
  readonly path: string;
  readonly kind: 'section' | 'value';
  readonly description: string;
}

let known: readonly ProfilePath[] | undefined;

/** Every path that `--set` and vars may name, with what it is for; `sysctl.KEY` stands for all keys. Source: the schema. */
export function profilePaths(): readonly ProfilePath[] {
  return (known ??= Object.entries(profileSchema.shape)
    .filter(([key]) => !HEADER.has(key))
    .flatMap(([key, schema]) => pathsOf(schema, key)));
}

/** Top-level names that `--skip` takes. */
export function profileSections(): readonly string[] {
  return profilePaths()
    .map(({ path }) => path)
    .filter((path) => !path.includes('.'));
}

function pathsOf(schema: z.ZodType, path: string): ProfilePath[] {
  const description = descriptionOf(schema);
  const objects = objectsOf(schema);
  if (objects.length === 0) return [{ path, kind: 'value', description }];
  const inner = objects.flatMap((object) =>
    object instanceof z.ZodObject
      ? Object.entries(object.shape).flatMap(([key, field]) => pathsOf(field as z.ZodType, `${path}.${key}`))
      : [],
  );
  return [{ path, kind: 'section', description }, ...inner];
}

function descriptionOf(schema: z.ZodType): string {
  if (schema.description !== undefined) return schema.description;
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wrapped ? descriptionOf(schema.unwrap() as z.ZodType) : '';
}

/** Splits `hung_task.timeout`; what follows `sysctl.` is one key, dots and all. */
export function splitPath(path: string): string[] {
  return path.startsWith('sysctl.') ? ['sysctl', sysctlKey(path.slice('sysctl.'.length))] : path.split('.');
}

/** What is wrong with a path that is to be overridden; null when it can be. */
export function pathProblem(path: string): { message: string; hint: string } | null {
  if (path.startsWith('sysctl.')) return sysctlKeyProblem(path.slice('sysctl.'.length));
  const paths = profilePaths().map((entry) => entry.path);
  if (paths.includes(path)) return null;
  if (HEADER.has(path))
    return { message: `${path} cannot be overridden`, hint: 'write a profile of your own that extends this one' };
  const message = `no profile has ${quoted(path)}`;
  if (/^(?:kernel|vm|fs|net|dev|user)[./]/.test(path)) return { message, hint: `a sysctl is set as sysctl.${path}` };
  const last = paths.find((entry) => entry.endsWith(`.${path}`));
  const near = last === undefined ? didYouMean(path, paths) : `; did you mean ${last}?`;
  return { message: `${message}${near}`, hint: 'provision profiles schema lists every path' };
}

const MAX_ACCEPTED = 1_000;
/** Paths with values that the schema takes: in an inventory thousands of guests may say the same. */
const accepted = new Set<string>();

/** What the schema says about one overriding value at a known path. */
export function overrideComplaints(path: string, value: Plain): Complaint[] {
  const key = JSON.stringify([path, value]);
  if (accepted.has(key)) return [];
  const complaints = complaintsAt(path, value);
  if (complaints.length === 0 && accepted.size < MAX_ACCEPTED) accepted.add(key);
  return complaints;
}

function complaintsAt(path: string, value: Plain): Complaint[] {
  const data = splitPath(path).reduceRight<Plain>((inner, key) => ({ [key]: inner }), value);
  const whole = { apiVersion: API_VERSION, name: 'override', ...(data as { readonly [key: string]: Plain }) };
  const result = fit(profileSchema, whole);
  return result.success ? [] : complaintsOf(profileSchema, whole, result.error.issues);
}
