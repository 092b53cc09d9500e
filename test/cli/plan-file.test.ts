import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readPlanFile, writePlanFile, type PlanFile } from '../../src/cli/plan-file.ts';
import { bareFacts } from '../plan/support/facts.ts';
import { planFor } from '../plan/support/planning.ts';
import { errorOf } from '../profile/support.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'plan-file-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const plans = ['vm1', 'vm2'].map((guest) => planFor(bareFacts(), { guest }));
const FILE: PlanFile = {
  profile: 'debug-panic',
  set: ['hung_task.timeout=120s'],
  skip: ['trace'],
  plans: new Map(plans.map((plan) => [plan.guest, plan])),
};

type Json = Record<string, unknown>;
/** The file as it was written, changed. */
function changed(change: (file: Json & { plans: (Json & { stages: { steps: Json[] }[] })[] }) => unknown): string {
  const path = join(home, 'changed.json');
  writePlanFile(path, FILE);
  const file = JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof change>[0];
  writeFileSync(path, JSON.stringify(change(file) ?? file));
  return path;
}

describe('a file of plans', () => {
  it('is read as it was written', () => {
    const path = join(home, 'plan.json');
    writePlanFile(path, FILE);
    expect(readPlanFile(path)).toEqual(FILE);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('replaces the one before, and leaves nothing beside it', () => {
    const folder = mkdtempSync(join(home, 'twice-'));
    const path = join(folder, 'plan.json');
    writePlanFile(path, FILE);
    writePlanFile(path, { ...FILE, plans: new Map() });
    expect(readPlanFile(path).plans.size).toBe(0);
    expect(readdirSync(folder)).toEqual(['plan.json']);
  });

  it('that cannot be written is an error with its path', () => {
    const path = join(home, 'no-such-folder', 'plan.json');
    const error = errorOf(() => writePlanFile(path, FILE));
    expect(error).toMatchObject({ code: 'E_PLAN_FILE' });
    expect(error.message).toContain(path);
  });

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    ['a later format', (file) => ({ ...file, format: 2 }), /not a plan of this version: format/],
    ['a plan of a later format', (file) => void (file.plans[0]!['format'] = 2), /plans\.0\.format/],
    ['another goal', (file) => void (file.plans[0]!['goal'] = 'rollback'), /plans\.0\.goal/],
    ['no hash', (file) => Reflect.deleteProperty(file.plans[0]!, 'hash') && file, /plans\.0\.hash/],
    [
      'no preconditions',
      (file) => Reflect.deleteProperty(file.plans[1]!, 'preconditions') && file,
      /plans\.1\.preconditions/,
    ],
    [
      'an unknown kind of step',
      (file) => void (file.plans[0]!.stages[0]!.steps[0]!['kind'] = 'shell'),
      /steps\.0\.kind/,
    ],
    ['plans that are no list', (file) => ({ ...file, plans: {} }), /: plans: /],
    ['something else altogether', () => [1, 2], /not a plan of this version/],
  ])('is refused: %s', (_name, change, message) => {
    const error = errorOf(() => readPlanFile(changed(change)));
    expect(error.code).toBe('E_PLAN_FILE');
    expect(error.message).toMatch(message);
    expect(error.hint).toContain('provision plan');
  });

  it('is refused when what a step does was changed by hand', () => {
    const path = changed((file) => {
      const step = file.plans[0]!.stages[0]!.steps.find(({ kind }) => kind === 'sysctl')!;
      step['after'] = '999';
    });
    expect(errorOf(() => readPlanFile(path)).code).toBe('E_PLAN_FILE');
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /is not JSON/],
    ['cut off', '{"format": 1, "plans": [', /is not JSON/],
    ['binary', Buffer.from([0xff, 0x00]), /not UTF-8/],
  ])('is refused: %s', (_name, bytes, message) => {
    const path = join(home, 'bad.json');
    writeFileSync(path, bytes);
    expect(errorOf(() => readPlanFile(path))).toMatchObject({ code: 'E_PLAN_FILE' });
    expect(errorOf(() => readPlanFile(path)).message).toMatch(message);
  });

  it('that is not there is an error', () => {
    expect(errorOf(() => readPlanFile(join(home, 'none.json'))).message).toMatch(/there is no such file/);
  });
});
