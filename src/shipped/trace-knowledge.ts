import * as z from 'zod';
import type { WaitKinds } from '../investigate/flame/wait-kinds.ts';
import { MODES } from '../investigate/trace-tools/request.ts';
import { TOOLS, type ToolRule } from '../investigate/trace-tools/rules.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { shippedText } from './files.ts';
import { text } from './text-schema.ts';

const colour = text.regex(/^#[0-9a-f]{6}$/, { error: 'takes a colour such as #d9bfa0' });
const colours = z.strictObject({ light: colour, dark: colour });
const patterns = z.array(text.regex(/^[\w.$*-]+$/, { error: 'takes the name of a function, with * for any letters' }));

const plumbing = z.strictObject({ plumbing: patterns, interrupts: patterns });
const waitKinds = z.strictObject({
  kinds: z.array(
    z.strictObject({
      name: text.regex(/^[a-z]+$/, { error: 'takes small letters' }),
      label: text,
      colour: colours,
      at: patterns.default([]),
      within: patterns.default([]),
    }),
  ),
  other: z.strictObject({ label: text, colour: colours }),
});

const mode = z.strictObject({
  programs: z.array(text.regex(/^[\w./-]+$/, { error: 'takes a name or a path' })).min(1),
  binary: z.boolean({ error: 'takes true or false' }).default(false),
  targets: z.array(z.enum(['process', 'pid', 'tid', 'cgroup'])),
  can: z.array(z.enum(['state', 'min', 'user-stacks'])),
});
const tools = z.strictObject({
  tools: z.array(
    z.strictObject({
      name: z.enum(TOOLS),
      package: text.regex(/^[a-z0-9.+-]+$/, { error: 'takes the name of a package' }),
      version: text
        .regex(/^\d+(\.\d+)*$/, { error: "takes a version such as '0.17'" })
        .nullable()
        .default(null),
      needs: z.array(z.enum(['btf', 'headers', 'tracefs'])),
      startup: z.int({ error: 'takes seconds' }).positive(),
      because: text,
      modes: z.partialRecord(z.enum(MODES), mode),
    }),
  ),
});

/** catalogue/trace: wait-kinds.yaml and plumbing.yaml; what fits nothing is the last kind. @throws ProvisionErrors E_CATALOGUE when it was edited into nonsense */
export function loadWaitKinds(): WaitKinds {
  const { kinds, other } = load('catalogue/trace/wait-kinds.yaml', waitKinds);
  return {
    ...load('catalogue/trace/plumbing.yaml', plumbing),
    kinds: [...kinds, { name: 'other', ...other, at: [], within: [] }],
  };
}

/** catalogue/trace/tools.yaml, the preferred one first. @throws ProvisionErrors E_CATALOGUE */
export function loadTraceTools(): readonly ToolRule[] {
  return load('catalogue/trace/tools.yaml', tools).tools;
}

function load<T extends z.ZodType>(file: string, schema: T): z.output<T> {
  return checkYaml(schema, readYaml(shippedText(file), file, 'E_CATALOGUE'));
}
