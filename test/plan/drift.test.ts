import { describe, expect, it } from 'vitest';

import type { Drift } from '../../src/events.ts';
import type { Facts } from '../../src/facts/facts.ts';
import { driftOf, isConverged } from '../../src/plan/drift.ts';
import type { UnitStep } from '../../src/plan/plan.ts';
import { rebootOf } from '../../src/plan/reboot.ts';
import { renderScript } from '../../src/plan/script.ts';
import { bareFacts, KERNEL_DEFAULTS, NO_CAPTURE } from './support/facts.ts';
import { carryOut, file, filesOf, gateOpens, KDUMP_CONFIG, KDUMP_DEFAULT, reboot } from './support/guest-model.ts';
import { planFor } from './support/planning.ts';

const UNIT = 'kdump-tools.service';
const ACTIVE = { load: 'loaded', active: 'active', sub: 'exited', enabled: 'enabled', result: 'success' };
const fresh = bareFacts({ files: filesOf(file(KDUMP_CONFIG, KDUMP_DEFAULT)) });
const pending = carryOut(fresh, planFor(fresh));
const opened = gateOpens(reboot(pending, KERNEL_DEFAULTS));
const converged: Facts = { ...opened, units: { ...opened.units, [UNIT]: ACTIVE } };

const unloaded: Facts = { ...converged, kexec: { ...converged.kexec, crashLoaded: false } };
const withUnit = (facts: Facts, changes: Partial<typeof ACTIVE>): Facts => ({
  ...facts,
  units: { ...facts.units, [UNIT]: { ...ACTIVE, ...changes } },
});
const dangling: Facts = { ...converged, capture: { ...NO_CAPTURE, initrdLink: '/var/lib/kdump/initrd.img-x' } };
const loadedWith = (command: string): Facts => ({
  ...converged,
  files: { ...converged.files, ...filesOf(file('/var/crash/kexec_cmd', command)) },
});
const drifts = (facts: Facts): readonly Drift[] => driftOf(planFor(facts));
const repair = (facts: Facts): UnitStep | undefined =>
  planFor(facts)
    .stages.flatMap(({ steps }) => steps)
    .find((step): step is UnitStep => step.kind === 'unit' && step.unit === UNIT);

describe('a guest that is as desired', () => {
  it('has none', () => {
    expect(drifts(converged)).toEqual([]);
  });
});

describe('a crash kernel that would capture nothing', () => {
  it.each<[string, Facts, RegExp, readonly string[] | null]>([
    ['is not loaded', unloaded, /^not-loaded: 256 MiB are reserved/, ['restart']],
    ['is not loaded as its unit failed', withUnit(unloaded, { active: 'failed' }), /failed/, ['restart']],
    [
      'is not loaded as its unit is disabled',
      withUnit(unloaded, { enabled: 'disabled' }),
      /^disabled/,
      ['enable', 'restart'],
    ],
    ['has no initrd', dangling, /^no-initrd/, ['restart']],
    [
      'has an old command line',
      loadedWith('/sbin/kexec -p --command-line="ro" --initrd=/i /k'),
      /^stale-cmdline/,
      ['restart'],
    ],
    ['is not loaded as its unit is masked', withUnit(unloaded, { load: 'masked', enabled: 'masked' }), /masked/, null],
    ['is not loaded as its unit is starting', withUnit(unloaded, { active: 'activating' }), /still starting/, null],
    ['is not loaded as kdump-tools is gone', withUnit(unloaded, { load: 'not-found' }), /not installed/, null],
  ])('%s', (_name, facts, actual, actions) => {
    const [drift, ...more] = drifts(facts);
    expect(more).toEqual([]);
    expect(drift).toMatchObject({ kind: 'kdump', desired: 'ready' });
    expect(drift?.actual).toMatch(actual);
    expect(repair(facts)?.actions ?? null).toEqual(actions);
    expect(isConverged(planFor(facts))).toBe(actions === null);
  });

  it('is loaded again by an apply, once', () => {
    const mended = carryOut(unloaded, planFor(unloaded));
    expect(mended.kexec.crashLoaded).toBe(true);
    expect(drifts(mended)).toEqual([]);
  });

  it('has its initrd built first, for the kernel that runs', () => {
    const lines = renderScript(planFor(dangling), '', {
      id: 'j',
      client: '-',
      owner: 'o',
      waitSeconds: 1,
      lockSeconds: 1,
    }).split('\n');
    const built = lines.indexOf('build_capture_initrd 6.1.0-56-amd64');
    expect(built).toBeGreaterThan(0);
    expect(lines.indexOf(`unit restart ${UNIT}`)).toBe(built + 1);
    expect(drifts(carryOut(dangling, planFor(dangling)))).toEqual([]);
  });

  it('is no drift while a reboot is due', () => {
    const plan = planFor(pending);
    expect(rebootOf(plan)).toBeDefined();
    expect(driftOf(plan).map(({ kind }) => kind)).toEqual(['reboot']);
  });

  it('where the kernel reserved nothing of what it was asked for, needs no second reboot', () => {
    const failed: Facts = { ...unloaded, kexec: { ...unloaded.kexec, crashSize: 0 }, memTotalKiB: 2_014_000 };
    const plan = planFor(failed);
    expect(rebootOf(plan)).toBeUndefined();
    expect(driftOf(plan)).toMatchObject(
      [{ kind: 'kdump', subject: 'kdump', actual: /^reservation-failed/ }].map((drift) => ({
        ...drift,
        actual: expect.stringMatching(drift.actual) as string,
      })),
    );
    expect(plan.findings.find(({ code }) => code === 'kdump-reservation-failed')?.hint).toContain('dmesg');
  });

  it('is no matter to a profile without kdump', () => {
    expect(driftOf(planFor(unloaded, { skip: ['kdump'] })).map(({ kind }) => kind)).not.toContain('kdump');
  });
});

describe('a setting', () => {
  const changed = (key: string, value: string | null): Facts => ({
    ...converged,
    sysctls: { ...converged.sysctls, [key]: value },
  });

  it('that was changed by hand is named with both values', () => {
    expect(drifts(changed('kernel.sysrq', '438'))).toEqual([
      { kind: 'sysctl', subject: 'kernel.sysrq', desired: '1', actual: '438' },
    ]);
  });

  it('that was armed and is not is named, and the gate is asked again', () => {
    expect(drifts(changed('kernel.hung_task_panic', '0'))).toEqual([
      expect.objectContaining({ kind: 'unit', subject: 'provision-arm.service' }),
      { kind: 'armed', subject: 'kernel.hung_task_panic', desired: '1', actual: '0' },
    ]);
  });

  it('that the kernel lacks is a finding with a reason', () => {
    const plan = planFor(changed('kernel.hung_task_panic', null));
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ level: 'skipped', code: 'sysctl-absent', subject: 'kernel.hung_task_panic' }),
    );
  });
});

describe('the gate', () => {
  const gate = { load: 'loaded', active: 'active', sub: '', enabled: 'enabled', result: 'success' };
  it.each<[string, Partial<Facts>, RegExp]>([
    [
      'that is masked',
      { units: { ...converged.units, 'provision-arm.service': { ...gate, load: 'masked', enabled: 'masked' } } },
      /is masked/,
    ],
    [
      'that refuses',
      { arm: { ...converged.arm, state: 'refused', reason: 'breaker: 3 crashes within 3600 s' } },
      /breaker: 3/,
    ],
    ['that failed', { arm: { ...converged.arm, state: 'failed', reason: 'not armed as asked' } }, /not armed as asked/],
  ])('%s is drift, with the reason', (_name, changes, reason) => {
    const plan = planFor({ ...converged, ...changes });
    const conflict = driftOf(plan).find(({ kind }) => kind === 'boot-conflict');
    expect(conflict?.actual).toMatch(reason);
  });
});
