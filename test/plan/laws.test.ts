import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { crashkernelsOf } from '../../src/plan/crashkernel-syntax.ts';
import { isConverged, refusalsOf } from '../../src/plan/drift.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import type { DesiredState } from '../../src/profile/desired.ts';
import { asked, desired, facts } from './support/arbitraries.ts';
import { KERNEL_DEFAULTS, MIB } from './support/facts.ts';
import { carryOut, gateOpens, reboot, stepCount } from './support/guest-model.ts';
import { planFor } from './support/planning.ts';

const adopt = fc.boolean();
const crashkernelOf = (cmdline: string | null): string | undefined => crashkernelsOf(cmdline ?? '').at(-1);
const steps = (plan: Plan): string[] => plan.stages.flatMap(({ steps: all }) => all.map(({ id }) => id));
/** What a person would call the guest: without what can only change with a reboot, or belongs to packages. */
const visible = ({ files, sysctls, directories, units, nextCmdline }: Facts): object => ({
  files,
  sysctls,
  directories,
  nextCmdline,
  gate: units['provision-arm.service']?.active,
  enabled: units['provision-arm.service']?.enabled === 'enabled',
  watch: units['provision-watch.service']?.active,
  watches: units['provision-watch.service']?.enabled === 'enabled',
});
const apply = (guest: Facts, wanted: DesiredState, adopts = false): Facts =>
  carryOut(guest, planFor(guest, { desired: wanted, adopt: adopts }));
const passes = (guest: Facts, wanted: DesiredState): boolean =>
  refusalsOf(planFor(guest, { desired: wanted })).length === 0;
const rollback = (guest: Facts, purge = false): Facts => carryOut(guest, planRollback('vm1', guest, { purge }));

describe('a plan that was carried out', () => {
  it('leaves nothing to do', () => {
    fc.assert(
      fc.property(facts, desired, adopt, (guest, wanted, adopts) => {
        fc.pre(passes(guest, wanted));
        const again = planFor(apply(guest, wanted, adopts), { desired: wanted, adopt: adopts });
        expect(isConverged(again) ? [] : steps(again)).toEqual([]);
      }),
    );
  });

  it('leaves nothing to do where packages had to be installed', () => {
    fc.assert(
      fc.property(facts, desired, fc.nat(10), (guest, wanted, unknownAt) => {
        fc.pre(passes(guest, wanted));
        const without = asked(guest, wanted, unknownAt);
        const again = planFor(apply(without, wanted), { desired: wanted });
        expect(isConverged(again) ? [] : steps(again)).toEqual([]);
      }),
    );
  });

  it('leaves nothing to do, and refuses nothing, after a reboot and once the gate has opened', () => {
    fc.assert(
      fc.property(facts, desired, (guest, wanted) => {
        fc.pre(passes(guest, wanted));
        // Ranges that hold nothing for this guest are a case of their own.
        fc.pre(wanted.kdump?.crashkernel.includes(':') !== true || guest.memTotalKiB >= 2 * MIB);
        const booted = gateOpens(reboot(apply(guest, wanted, true), KERNEL_DEFAULTS));
        const again = planFor(booted, { desired: wanted, adopt: true });
        expect(steps(again)).toEqual([]);
        expect(refusalsOf(again)).toEqual([]);
      }),
    );
  });
});

describe('rollback', () => {
  it('puts back files, modes, absences, directories, live values and the gate', () => {
    fc.assert(
      fc.property(facts, desired, adopt, fc.boolean(), (guest, wanted, adopts, armed) => {
        const applied = apply(guest, wanted, adopts);
        const back = rollback(armed ? gateOpens(applied) : applied);
        expect(visible(back)).toEqual({ ...visible(guest), nextCmdline: back.nextCmdline });
        expect(back.state).toBeNull();
      }),
    );
  });

  it('with purge, packages and what they brought too', () => {
    fc.assert(
      fc.property(facts, desired, (guest, wanted) => {
        const bare = asked(guest, wanted, -1);
        const back = rollback(apply(bare, wanted), true);
        expect(visible(back)).toEqual({ ...visible(bare), nextCmdline: back.nextCmdline });
        expect(back.packages).toEqual(bare.packages);
      }),
    );
  });

  it('puts back what an apply did that was cut off after any step', () => {
    fc.assert(
      fc.property(facts, desired, adopt, fc.nat(30), (guest, wanted, adopts, at) => {
        const plan = planFor(guest, { desired: wanted, adopt: adopts });
        const back = rollback(carryOut(guest, plan, at % (stepCount(plan) + 1)));
        expect(visible(back)).toEqual({ ...visible(guest), nextCmdline: back.nextCmdline });
      }),
    );
  });

  it('can itself be cut off after any step', () => {
    fc.assert(
      fc.property(facts, desired, adopt, fc.nat(30), (guest, wanted, adopts, at) => {
        const applied = apply(guest, wanted, adopts);
        const plan = planRollback('vm1', applied, { purge: false });
        const back = rollback(carryOut(applied, plan, at % (stepCount(plan) + 1)));
        expect(visible(back)).toEqual({ ...visible(guest), nextCmdline: back.nextCmdline });
      }),
    );
  });

  it('a second time does nothing, but to name a reboot that is due', () => {
    fc.assert(
      fc.property(facts, desired, fc.boolean(), (guest, wanted, purge) => {
        const back = rollback(apply(asked(guest, wanted, -1), wanted), purge);
        const due = ['reboot:crashkernel'].filter(
          () => crashkernelOf(back.cmdline) !== crashkernelOf(back.nextCmdline),
        );
        const named = back.nextCmdline === null || back.kexec.crashSize === 0 ? [] : due;
        expect(steps(planRollback('vm1', back, { purge }))).toEqual(named);
      }),
    );
  });
});

describe('an apply that was cut off', () => {
  it('is completed by the next, to the same end', () => {
    fc.assert(
      fc.property(facts, desired, fc.nat(30), (guest, wanted, at) => {
        fc.pre(passes(guest, wanted));
        const plan = planFor(guest, { desired: wanted });
        const cut = carryOut(guest, plan, at % (stepCount(plan) + 1));
        const mended = apply(cut, wanted);
        expect(mended.pending).toBeNull();
        expect({ ...mended.state, planHash: '' }).toEqual({ ...carryOut(guest, plan).state, planHash: '' });
        expect(isConverged(planFor(mended, { desired: wanted }))).toBe(true);
      }),
    );
  });
});

describe('another profile after the first', () => {
  it('leaves nothing of the first: the guest is as if only the second had been applied', () => {
    fc.assert(
      fc.property(facts, desired, desired, adopt, (guest, first, second, adopts) => {
        const both = apply(gateOpens(apply(guest, first, adopts)), second, adopts);
        const only = apply(guest, second, adopts);
        const ours = (after: Facts): object => ({
          files: Object.fromEntries(
            Object.entries(after.files).filter(([path]) => !path.startsWith('/var/lib/provision/')),
          ),
          nextCmdline: after.nextCmdline,
          enabled: after.units['provision-arm.service']?.enabled === 'enabled',
        });
        expect(ours(both)).toEqual(ours(only));
      }),
    );
  });

  it('cut off after any step, rollback still takes back both', () => {
    fc.assert(
      fc.property(facts, desired, desired, fc.nat(30), (guest, first, second, at) => {
        const applied = apply(guest, first);
        const plan = planFor(applied, { desired: second });
        const back = rollback(carryOut(applied, plan, at % (stepCount(plan) + 1)));
        expect(visible(back)).toEqual({ ...visible(guest), nextCmdline: back.nextCmdline });
      }),
    );
  });
});
