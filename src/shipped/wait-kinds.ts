import * as z from 'zod';
import type { WaitKinds } from '../investigate/collection/waits.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { shippedText } from './files.ts';
import { pattern, text } from './text-schema.ts';

const FILE = 'catalogue/stacks/hung-task.yaml';

const kinds = z.array(
  z.strictObject({
    match: pattern,
    meaning: text,
  }),
);
const waits = z.strictObject({ killable: kinds, frozen: kinds });

/** catalogue/stacks/hung-task.yaml: which tasks in D khungtaskd leaves alone. @throws ProvisionErrors E_CATALOGUE */
export function loadWaitKinds(): WaitKinds {
  return checkYaml(waits, readYaml(shippedText(FILE), FILE, 'E_CATALOGUE'));
}
