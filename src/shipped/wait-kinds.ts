import { z } from 'zod';
import type { WaitKinds } from '../investigate/collection/waits.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { shippedText } from './files.ts';

const FILE = 'catalogue/stacks/hung-task.yaml';

const kinds = z.array(
  z.strictObject({
    match: z.string({ error: 'takes text' }).refine(isPattern, { error: 'takes a regular expression' }),
    meaning: z.string({ error: 'takes text' }).min(1, { error: 'takes text' }),
  }),
);
const waits = z.strictObject({ killable: kinds, frozen: kinds });

/** catalogue/stacks/hung-task.yaml: which tasks in D khungtaskd leaves alone. @throws ProvisionErrors E_CATALOGUE */
export function loadWaitKinds(): WaitKinds {
  return checkYaml(waits, readYaml(shippedText(FILE), FILE, 'E_CATALOGUE'));
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
