import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { planArm, planDisarm } from '../../src/plan/arming.ts';
import { countChanges, driftOf, isConverged } from '../../src/plan/drift.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { DIRECTORIES_OF_INTEREST, directoriesOf } from '../../src/plan/state-after.ts';
import type { DesiredState } from '../../src/profile/desired.ts';
import { asked, desired, facts } from './support/arbitraries.ts';
import { bareFacts } from './support/facts.ts';
import { carryOut, file, gateOpens } from './support/guest-model.ts';
import { desiredBy, planFor } from './support/planning.ts';

const apply = (guest: Facts, wanted: DesiredState, adopt = false): Facts =>
  carryOut(guest, planFor(guest, { desired: wanted, adopt }));

/** Somebody changed live values, our files, their modes, or the unit. */
const drift = fc.record({
  live: fc.dictionary(
    fc.constantFrom('kernel.sysrq', 'kernel.panic', 'kernel.panic_on_oops'),
    fc.constantFrom('0', '3'),
  ),
  written: fc.subarray([
    '/etc/provision/arm.conf',
    '/etc/sysctl.d/60-provision-debug-panic.conf',
    '/etc/default/kdump-tools',
  ]),
  removed: fc.subarray(['/usr/local/lib/provision/arm', '/etc/provision/armed.d/debug-panic.conf']),
  mode: fc.constantFrom('0644', '0600'),
  disabled: fc.boolean(),
});

function drifted(guest: Facts, changes: typeof drift extends fc.Arbitrary<infer T> ? T : never): Facts {
  const files = { ...guest.files };
  const ours = guest.state?.before.files ?? {};
  for (const path of changes.written)
    if (files[path] && ours[path]) files[path] = file(path, 'USE_KDUMP=0\n', changes.mode);
  for (const path of changes.removed) if (ours[path]) Reflect.deleteProperty(files, path);
  const live = Object.entries(changes.live).filter(([key]) => guest.sysctls[key] != null);
  const unit = guest.units['provision-arm.service']!;
  const off = { ...unit, enabled: 'disabled', active: 'inactive' };
  return {
    ...guest,
    files,
    sysctls: { ...guest.sysctls, ...Object.fromEntries(live) },
    units: changes.disabled && unit.load === 'loaded' ? { 'provision-arm.service': off } : guest.units,
  };
}

describe('the record of how a guest was', () => {
  it('never changes when drift is mended', () => {
    fc.assert(
      fc.property(facts, desired, drift, fc.boolean(), (guest, wanted, changes, adopt) => {
        const applied = apply(guest, wanted, adopt);
        const again = apply(drifted(applied, changes), wanted, adopt);
        expect(again.state?.before).toEqual(applied.state?.before);
      }),
    );
  });

  it('is enough to take back drift and all', () => {
    fc.assert(
      fc.property(facts, desired, drift, (guest, wanted, changes) => {
        const bad = drifted(apply(guest, wanted), changes);
        const back = carryOut(bad, planRollback('vm1', bad, { purge: false }));
        const mine = Object.keys(bad.state?.before.sysctls ?? {});
        for (const key of mine) expect(back.sysctls[key]).toBe(guest.sysctls[key]);
        expect(back.files).toEqual(guest.files);
      }),
    );
  });

  it('holds only directories that the probe looks at', () => {
    fc.assert(
      fc.property(facts, desired, (guest, wanted) => {
        const paths = Object.keys(apply(guest, wanted).state?.before.files ?? {});
        for (const directory of directoriesOf(paths)) expect(DIRECTORIES_OF_INTEREST).toContain(directory);
      }),
    );
  });
});

describe('a plan is data', () => {
  it('that survives JSON', () => {
    fc.assert(
      fc.property(facts, desired, fc.nat(9), fc.boolean(), (guest, wanted, at, adopt) => {
        const plan = planFor(asked(guest, wanted, at), { desired: wanted, adopt });
        expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
        const back = planRollback('vm1', carryOut(guest, plan), { purge: true });
        expect(JSON.parse(JSON.stringify(back))).toStrictEqual(back);
      }),
    );
  });

  it('with one id for each step', () => {
    fc.assert(
      fc.property(facts, desired, desired, (guest, first, second) => {
        const plan = planFor(apply(guest, first), { desired: second, adopt: true });
        const ids = plan.stages.flatMap(({ steps }) => steps.map(({ id }) => id));
        expect(ids).toEqual([...new Set(ids)]);
      }),
    );
  });

  it('whose hash is its own, whoever the guest is', () => {
    fc.assert(
      fc.property(facts, desired, (guest, wanted) => {
        const plan = planFor(guest, { desired: wanted });
        expect(planFor(structuredClone(guest), { desired: wanted })).toEqual(plan);
        const other = planFor(
          { ...guest, hostname: 'b', machineId: 'b', bootId: 'b' },
          { desired: wanted, guest: 'b' },
        );
        expect(other.hash).toBe(plan.hash);
        expect(plan.hash).toMatch(/^[0-9a-f]{64}$/);
        const state = plan.stages.flatMap(({ steps }) => steps).find((step) => step.kind === 'state');
        if (state) expect(state.after?.planHash).toBe(plan.hash);
      }),
    );
  });

  it('whose hash differs when what it does differs', () => {
    const hashes = ['60s', '61s'].map(
      (timeout) => planFor(bareFacts(), { sets: [`hung_task.timeout=${timeout}`] }).hash,
    );
    expect(new Set(hashes).size).toBe(2);
  });

  it('with a drift for each step that an apply would take, and none when converged', () => {
    fc.assert(
      fc.property(facts, desired, (guest, wanted) => {
        const plan = planFor(guest, { desired: wanted });
        const kinds = driftOf(plan).map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind !== 'boot-conflict' && kind !== 'reboot' && kind !== 'armed')).toHaveLength(
          countChanges({ ...plan, stages: plan.stages.slice(0, 1) }),
        );
        if (isConverged(plan)) expect(countChanges(plan)).toBe(0);
      }),
    );
  });
});

describe('disarm and arm', () => {
  const armed = (): Facts => gateOpens(apply(bareFacts(), desiredBy()));
  const panicking = (guest: Facts): (string | null | undefined)[] =>
    ['kernel.hung_task_panic', 'kernel.panic_on_oops', 'vm.panic_on_oom'].map((key) => guest.sysctls[key]);

  it('go there and back, and say so in the record', () => {
    const guest = armed();
    expect(panicking(guest)).toEqual(['1', '1', '1']);
    const off = carryOut(guest, planDisarm('vm1', guest));
    expect(panicking(off)).toEqual(['0', '0', '0']);
    expect(off.state).toMatchObject({ disarmed: true, profile: 'debug-panic', before: guest.state!.before });
    expect(off.sysctls['kernel.sysrq']).toBe('1');
    const on = gateOpens(carryOut(off, planArm('vm1', off)));
    expect({ ...on, state: null, files: null }).toEqual({ ...guest, state: null, files: null });
    expect({ ...on.state, planHash: '' }).toEqual({ ...guest.state, planHash: '' });
  });

  it('do nothing twice', () => {
    const guest = armed();
    expect(planArm('vm1', guest).stages).toEqual([]);
    const off = carryOut(guest, planDisarm('vm1', guest));
    expect(planDisarm('vm1', off).stages).toEqual([]);
    const waiting = carryOut(off, planArm('vm1', off));
    expect(planArm('vm1', waiting).stages).toEqual([]);
  });

  it('an apply arms a disarmed guest again', () => {
    const guest = armed();
    const off = carryOut(guest, planDisarm('vm1', guest));
    const on = gateOpens(apply(off, desiredBy()));
    expect(on.state?.disarmed).toBe(false);
    expect(panicking(on)).toEqual(['1', '1', '1']);
  });

  it('arm asks a gate that has refused once more', () => {
    const refused: Facts = { ...apply(bareFacts(), desiredBy()), arm: { ...bareFacts().arm, state: 'refused' } };
    const [stage] = planArm('vm1', refused).stages;
    expect(stage?.steps[0]).toMatchObject({ kind: 'unit', actions: ['restart'] });
  });

  it.each<[string, Facts]>([
    ['nothing was applied', bareFacts()],
    ['it was rolled back', carryOut(armed(), planRollback('vm1', armed(), { purge: false }))],
  ])('are refused where %s', (_name, guest) => {
    for (const plan of [planArm, planDisarm]) expect(() => plan('vm1', guest)).toThrow(/no profile is applied to vm1/);
  });

  it('arm is refused where the profile has nothing to arm', () => {
    const guest = apply(bareFacts(), desiredBy({ profile: 'sysrq' }));
    expect(() => planArm('vm1', guest)).toThrow(/no arm gate/);
  });
});
