import * as z from 'zod';
import { profileSchema } from './schema.ts';

/** The profile format as JSON Schema (draft 7), for editors; `profiles/profile.schema.json` is this. */
export function profileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(profileSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // Bounds of JavaScript's numbers, which sysctl values do not have.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { ...schema, title: 'provision profile' };
}

/** The text of `profiles/profile.schema.json`. */
export function profileJsonSchemaText(): string {
  return `${JSON.stringify(profileJsonSchema(), null, 2)}\n`;
}
