#!/usr/bin/env -S npx tsx
// Writes profiles/profile.schema.json from the schema in src/profile; run it with tsx after each change there.
import { writeFile } from 'node:fs/promises';
import { profileJsonSchemaText } from '../src/profile/json-schema.ts';

const target = new URL('../profiles/profile.schema.json', import.meta.url);
await writeFile(target, profileJsonSchemaText());
