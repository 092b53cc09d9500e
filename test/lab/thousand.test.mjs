import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SETTINGS } from '../../scripts/bench.d/fleet.d/peers.mjs';
import { simulateFleet } from '../../scripts/bench.d/simulated/fleet.mjs';
import { recordAnswers } from '../../scripts/bench.d/simulated/record.mjs';
import { ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
let folder;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thousand-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a thousand guests at a distance are each converged once, 200 at a time', async () => {
  const answers = await recordAnswers(join(folder, 'lab'));
  const fleet = await simulateFleet({ folder, count: 1000, answers });
  try {
    const apply = [
      'apply',
      'debug-panic',
      '--yes',
      '-q',
      '--no-journal',
      '--forks',
      '200',
      ...fleet.flags,
      ...SETTINGS,
    ];
    const { code, stdout, stderr } = await ran(process.execPath, [MAIN, ...apply]);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('1000 guests: 1000 changed, 0 as desired, 0 failed');
    const seen = await fleet.tell();
    expect(seen).toMatchObject({ converged: 1000, twice: 0, connections: 1000 });
    expect(seen.mostOpen).toBeLessThanOrEqual(200);
    const again = await ran(process.execPath, [MAIN, ...apply]);
    expect(again.stdout).toContain('1000 guests: 0 changed, 1000 as desired, 0 failed');
    expect(await fleet.tell()).toMatchObject({ converged: 1000, twice: 0, connections: 2000, channels: 4000 });
  } finally {
    fleet.end();
  }
});
