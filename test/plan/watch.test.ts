import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { driftOf, isConverged } from '../../src/plan/drift.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { WATCH_UNIT } from '../../src/plan/resources/watch.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { renderScript } from '../../src/plan/script.ts';
import { bareFacts } from './support/facts.ts';
import { carryOut, file, filesOf } from './support/guest-model.ts';
import { planText } from './support/plan-text.ts';
import { planFor } from './support/planning.ts';

const STALLS = { profile: 'trace-stalls' };
const bare = bareFacts();
const applied = carryOut(bare, planFor(bare, STALLS));
const unit = (changes: Partial<Facts['units'][string]>): Facts['units'] => ({
  ...applied.units,
  [WATCH_UNIT]: { ...applied.units[WATCH_UNIT]!, ...changes },
});
const check = async (name: string, plan: Plan): Promise<void> => {
  await expect(planText(plan)).toMatchFileSnapshot(`../golden/plan/watch-${name}.txt`);
};
const rollback = (facts: Facts, purge = false): Plan => planRollback('vm1', facts, { purge });
const actions = (plan: Plan): unknown =>
  plan.stages.flatMap(({ steps }) => steps).flatMap((step) => (step.kind === 'unit' ? [step.actions] : []));
const lastLines = (plan: Plan): string[] =>
  renderScript(plan, '', { id: 'job', client: '-', owner: 'x', waitSeconds: 0, lockSeconds: 0 })
    .trim()
    .split('\n')
    .slice(-4);

describe('a watcher', () => {
  it('comes with its programs, its settings and its unit', async () => {
    await check('fresh', planFor(bare, STALLS));
  });

  it('comes with whatever profile has it set', () => {
    const plan = planFor(bare, {
      profile: 'sysrq',
      sets: ['trace.watch.blocked=10s', 'trace.watch.memory_full=never'],
    });
    expect(planText(plan)).toContain('BLOCKED=10\n');
    expect(planText(plan)).toContain('MEMORY_FULL=0\n');
  });

  it('is not there where it is not asked for', () => {
    for (const wishes of [
      { profile: 'debug-panic' },
      { ...STALLS, skip: ['trace'] },
      { ...STALLS, sets: ['trace.watch=false'] },
    ])
      expect(planText(planFor(bare, wishes))).not.toContain('watch');
  });

  it('that runs as it should is left alone', () => {
    expect(isConverged(planFor(applied, STALLS))).toBe(true);
  });

  it.each<[string, Facts, unknown]>([
    ['starts it where it was stopped', { ...applied, units: unit({ active: 'inactive' }) }, ['start']],
    ['starts it where it has failed', { ...applied, units: unit({ active: 'failed' }) }, ['start']],
    ['enables it where it was disabled', { ...applied, units: unit({ enabled: 'disabled' }) }, ['enable']],
    [
      'restarts it when its settings differ',
      { ...applied, files: { ...applied.files, ...filesOf(file('/etc/provision/watch.conf', 'BLOCKED=1\n')) } },
      ['restart'],
    ],
  ])('apply %s, and verify says so', (_what, facts, expected) => {
    const plan = planFor(facts, STALLS);
    expect(actions(plan)).toEqual([expected]);
    expect(driftOf(plan).map(({ subject }) => subject)).toContain(WATCH_UNIT);
  });

  it('does not run anew because of a program that is started each time', () => {
    const files = { ...applied.files, ...filesOf(file('/usr/local/lib/provision/stacks', 'old', '0755')) };
    expect(actions(planFor({ ...applied, files }, STALLS))).toEqual([]);
  });

  it('cannot be where there is no systemd, and that is said', () => {
    const plan = planFor({ ...bare, init: 'busybox', units: {} }, STALLS);
    expect(plan.findings.map(({ code }) => code)).toContain('watch-no-systemd');
    expect(plan.stages.flatMap(({ steps }) => steps).filter(({ kind }) => kind === 'unit' || kind === 'file')).toEqual(
      [],
    );
  });

  it('that somebody has masked stays so', async () => {
    const masked = { load: 'masked', active: 'inactive', sub: 'dead', enabled: 'masked', result: 'success' };
    await check('masked', planFor({ ...bare, units: { ...bare.units, [WATCH_UNIT]: masked } }, STALLS));
  });

  it('goes when another profile comes', async () => {
    const next = planFor(applied, { profile: 'sysrq' });
    await check('another-profile', next);
    const after = carryOut(applied, next);
    expect(after.units[WATCH_UNIT]).toMatchObject({ active: 'inactive', enabled: 'disabled', load: 'not-found' });
    expect(isConverged(planFor(after, { profile: 'sysrq' }))).toBe(true);
  });
});

describe('evidence', () => {
  const hung = { ...applied, evidence: 3 };

  it('outlives a rollback, which says so', async () => {
    await check('rollback', rollback(hung));
    expect(lastLines(rollback(hung))).toContain('forget');
  });

  it('is not spoken of where there is none', () => {
    expect(rollback(applied).findings).toEqual([]);
  });

  it('goes with --purge, also when all else is gone already', async () => {
    await check('rollback-purge', rollback(hung, true));
    const taken = { ...carryOut(applied, rollback(hung)), evidence: 1 };
    expect(isConverged(rollback(taken))).toBe(true);
    const purge = rollback(taken, true);
    expect(purge.findings.map(({ code, text }) => `${code}: ${text}`)).toContain(
      'evidence-removed: 1 piece of evidence will be removed',
    );
    expect(lastLines(purge)).toContain('forget everything');
    expect(isConverged(rollback({ ...taken, evidence: 0 }, true))).toBe(true);
  });
});
