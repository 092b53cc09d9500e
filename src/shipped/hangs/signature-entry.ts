import * as z from 'zod';
import { GRADES, type Signature } from '../../investigate/signatures/knowledge.ts';
import { isStep } from '../../investigate/signatures/step.ts';
import type { TraceKind } from '../../investigate/trace.ts';
import { checkYaml } from '../../yaml/check.ts';
import { readYaml } from '../../yaml/read.ts';
import { pattern, text } from '../text-schema.ts';

const KINDS = [
  'proc',
  'hung_task',
  'task_state',
  'soft_lockup',
  'hard_lockup',
  'rcu_stall',
  'oops',
  'warning',
  'oom',
  'lockdep',
  'backtrace',
  'crash_bt',
  'bpf',
  'folded',
] as const satisfies readonly TraceKind[];

const texts = z.array(text, { error: 'takes a list of texts' });
const kind = z.enum(KINDS, { error: `takes one of ${KINDS.join(', ')}` });
const state = text.regex(/^[A-Za-z]$/, { error: 'takes a letter such as D' });
const release = text.regex(/^\d+\.\d+$/, { error: 'takes a release in quotes, such as "6.0"' });
const step = text.refine(isStep, {
  error: 'takes function names such as mutex_lock|__mutex_lock*, nfs_*[nfs], +down_read',
});
const steps = z
  .array(step, { error: 'takes a list of steps, innermost first' })
  .min(1, { error: 'takes a step at least' });

/** A bare stack is one of /proc/PID/stack, of a task in D. */
const example = z.union(
  [
    text,
    z.strictObject({
      kind: kind.default('proc'),
      state: state.nullable().default(null),
      headline: text.nullable().default(null),
      comm: text.nullable().default(null),
      stack: z.string({ error: 'takes text' }).default(''),
    }),
  ],
  { error: 'takes a stack, or kind, state, headline, comm and stack' },
);

const signature = z.strictObject({
  title: text,
  category: text.regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'takes a word such as mutex-wait' }),
  grade: z.enum(GRADES, { error: `takes one of ${GRADES.join(', ')}` }),
  meaning: text,
  match: z.strictObject({
    kinds: z.array(kind).default([]),
    states: z.array(state).default([]),
    headline: pattern.nullable().default(null),
    comm: pattern.nullable().default(null),
    stacks: z.array(steps).default([]),
    top: z.int({ error: 'takes a number of frames' }).min(0).max(200).default(3),
    none: z.array(step).default([]),
  }),
  kernels: z
    .strictObject({ from: release.nullable().default(null), before: release.nullable().default(null) })
    .default({ from: null, before: null }),
  names_caller: z.boolean({ error: 'takes true or false' }).default(false),
  next: z.array(z.strictObject({ run: text, why: text })).min(2, { error: 'takes two steps at least' }),
  fixes: z
    .array(
      z.strictObject({
        commit: text.regex(/^[0-9a-f]{12,40}$/, { error: 'takes 12 digits of a commit id at least' }),
        title: text,
        release,
      }),
    )
    .default([]),
  mitigations: texts.default([]),
  references: texts.default([]),
  examples: z.strictObject({
    fits: z.array(example).min(1, { error: 'takes an example at least' }),
    other: z.array(example).min(1, { error: 'takes an example at least' }),
  }),
});

type Written = z.output<typeof example>;

/**
 * Reads one file of catalogue/signatures.
 * @param name the file's name without its ending
 * @throws ProvisionErrors E_CATALOGUE with a place each
 */
export function parseSignature(source: string, file: string, name: string): Signature {
  const { names_caller: namesCaller, examples, ...data } = checkYaml(signature, readYaml(source, file, 'E_CATALOGUE'));
  return {
    name,
    ...data,
    namesCaller,
    examples: { fits: examples.fits.map(toExample), other: examples.other.map(toExample) },
  };
}

function toExample(written: Written): Signature['examples']['fits'][number] {
  if (typeof written !== 'string') return written;
  return { kind: 'proc', state: 'D', headline: null, comm: null, stack: written };
}
