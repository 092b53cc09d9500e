import * as z from 'zod';
import { FRAME_ROLES, type FrameFamily, type FrameKnowledge } from '../../investigate/signatures/knowledge.ts';
import { checkYaml } from '../../yaml/check.ts';
import { readYaml } from '../../yaml/read.ts';
import { text } from '../text-schema.ts';

const role = z.enum(FRAME_ROLES, { error: `takes one of ${FRAME_ROLES.join(', ')}` });
const release = text.regex(/^\d+\.\d+$/, { error: 'takes a release in quotes, such as "6.0"' });

/** A bare note is that of a function that does some work, in every kernel. */
const note = z.union(
  [
    text,
    z.strictObject({
      note: text,
      role: role.default('work'),
      from: release.nullable().default(null),
      before: release.nullable().default(null),
    }),
  ],
  { error: 'takes a note, or note, role, from and before' },
);

const frames = z.strictObject({
  subsystem: text,
  functions: z.record(z.string(), note, { error: 'takes functions with a note each' }).default({}),
  /** Beginnings of names, with the role of what is named so. */
  families: z.record(z.string(), role, { error: 'takes beginnings of names with a role each' }).default({}),
});

export interface FramesOfSubsystem {
  readonly functions: readonly FrameKnowledge[];
  readonly families: readonly FrameFamily[];
}

/** Reads one file of catalogue/frames. @throws ProvisionErrors E_CATALOGUE with a place each */
export function parseFrames(source: string, file: string): FramesOfSubsystem {
  const { subsystem, functions, families } = checkYaml(frames, readYaml(source, file, 'E_CATALOGUE'));
  return {
    functions: Object.entries(functions).map(([name, written]) => ({
      function: name,
      subsystem,
      ...(typeof written === 'string' ? { note: written, role: 'work', from: null, before: null } : written),
    })),
    families: Object.entries(families).map(([prefix, of]) => ({ prefix, subsystem, role: of })),
  };
}
