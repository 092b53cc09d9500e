import * as z from 'zod';
import type { ExplainKnowledge } from '../investigate/explaining/knowledge.ts';
import { isStep } from '../investigate/signatures/step.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { loadCrashKnowledge } from './crash-knowledge.ts';
import { shippedText } from './files.ts';
import { loadHangKnowledge } from './hang-knowledge.ts';
import { text } from './text-schema.ts';

const names = z.array(text).min(1, { error: 'takes at least one' });
const release = z
  .string({ error: 'takes a release in quotes' })
  .regex(/^\d+\.\d+$/, { error: "takes a release: '6.0'" });
const step = text.refine(isStep, { error: 'takes functions: a|b*, +next, f[module]' });

const waits = z.strictObject({ waits: z.array(z.strictObject({ calls: names, above: names })) });
const clues = z.strictObject({
  clues: z.array(
    z.strictObject({
      stack: z.array(step).min(1, { error: 'takes at least one step' }),
      from: release.nullable().default(null),
      before: release.nullable().default(null),
      because: text,
    }),
  ),
});
const advice = z.strictObject({
  advice: z.array(z.strictObject({ subsystems: names, next: z.array(z.strictObject({ run: text, why: text })) })),
});

/**
 * All that explanations are made of: catalogue/signatures, catalogue/frames, and catalogue/stacks.
 * @throws ProvisionErrors E_CATALOGUE when a file was edited into nonsense
 */
export function loadExplainKnowledge(): ExplainKnowledge {
  return {
    ...loadHangKnowledge(),
    waits: load('waits.yaml', waits).waits,
    clues: load('kernel-age.yaml', clues).clues,
    advice: load('advice.yaml', advice).advice,
    panics: loadCrashKnowledge().panics,
  };
}

function load<T extends z.ZodType>(name: string, schema: T): z.output<T> {
  const file = `catalogue/stacks/${name}`;
  return checkYaml(schema, readYaml(shippedText(file), file, 'E_CATALOGUE'));
}
