#!/usr/bin/env -S npx tsx
// Writes man/provision.1 from the table of commands; run it with tsx after each change there.
import { mkdir, writeFile } from 'node:fs/promises';
import { manualText } from '../src/cli/manual.ts';

const target = new URL('../man/provision.1', import.meta.url);
await mkdir(new URL('.', target), { recursive: true });
await writeFile(target, manualText());
