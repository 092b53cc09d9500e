import * as z from 'zod';
import type { CrashKnowledge } from '../crash/analysis/evidence.ts';
import type { DebugFiles } from '../crash/analysis/symbols/symbols.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { shippedText } from './files.ts';
import { pattern, text } from './text-schema.ts';

const taints = z.strictObject({
  flags: z.array(
    z.strictObject({
      bit: z.int({ error: 'takes a bit number' }).min(0).max(52),
      letter: z.string({ error: 'takes a letter' }).regex(/^[A-Z]$/, { error: 'takes a capital letter' }),
      name: text,
      meaning: text,
      suspect: z.boolean({ error: 'takes true or false' }).default(false),
    }),
  ),
});
const panics = z.strictObject({ panics: z.array(z.strictObject({ trigger: text, match: pattern, meaning: text })) });

const debugFiles = z.strictObject({ vmlinux: text, modules: z.array(text) });

/** catalogue/crash: what panics and taint flags mean. @throws ProvisionErrors E_CATALOGUE when it was edited into nonsense */
export function loadCrashKnowledge(): CrashKnowledge {
  return {
    taints: load('catalogue/crash/taint.yaml', taints).flags,
    panics: load('catalogue/crash/panics.yaml', panics).panics,
  };
}

/** What is wanted of a kernel's debug package. @throws ProvisionErrors E_CATALOGUE */
export function loadDebugFiles(): DebugFiles {
  return load('catalogue/crash/debug-files.yaml', debugFiles);
}

function load<T extends z.ZodType>(file: string, schema: T): z.output<T> {
  return checkYaml(schema, readYaml(shippedText(file), file, 'E_CATALOGUE'));
}
