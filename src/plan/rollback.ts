import type { Facts } from '../facts/facts.ts';
import type { GuestState } from '../facts/state.ts';
import { sameValue } from '../facts/sysctl-order.ts';
import { Before } from './before.ts';
import { stage } from './make-plan.ts';
import type { Finding, PackageStep, Plan, Step, SysctlStep } from './plan.ts';
import { planRemoval } from './resources/file.ts';
import { gateStop } from './resources/gate.ts';
import { GRUB_DROP_IN } from './crashkernel.ts';
import { bootloaderStep, KDUMP_CONFIG, releaseStep } from './resources/kdump.ts';
import { kdumpRestart } from './resources/kdump-service.ts';
import { planOriginal } from './resources/leftover.ts';
import { watchStop } from './resources/watch.ts';
import { sealPlan } from './seal.ts';
import { systemLine } from './system-line.ts';

/**
 * Takes a guest back to how it was: files restored or removed, live values set to what they were, and with purge the
 * packages that we installed. An apply that was cut off is taken back as well, from its own record.
 */
export function planRollback(guest: string, facts: Facts, options: { readonly purge: boolean }): Plan {
  const base = new Before(facts).base;
  const steps = base === null ? leftEvidence(facts, options.purge) : rollbackSteps(base, facts, options.purge);
  // Once taken back there is no telling whose reservation it is; that the next boot does without it is true either way.
  const takenBack = base === null || base.profile === '';
  const release = takenBack || base.before.files[GRUB_DROP_IN] !== undefined ? releaseStep(facts) : null;
  if (release !== null) steps.push(release);
  return sealPlan({
    goal: 'rollback',
    guest,
    profile: base?.profile ?? '',
    system: systemLine(facts),
    findings: [
      ...(base === null ? [nothing()] : keptFindings(base, options.purge)),
      ...evidenceFindings(facts, options.purge),
    ],
    stages: stage('take back', steps),
    facts,
  });
}

function rollbackSteps(base: GuestState, facts: Facts, purge: boolean): Step[] {
  const kept = purge ? [] : base.packages;
  const steps: Step[] = [
    ...gateStop(facts, 'stopped'),
    ...watchStop(facts),
    ...Object.entries(base.before.files).flatMap(([path, before]) => {
      const step = before === 'absent' ? planRemoval(path, facts, 'ours') : planOriginal(path, facts, 'as it was');
      return step ?? [];
    }),
    ...liveSteps(base, facts),
  ];
  // kdump-tools makes grub.cfg again while its own drop-in is still there, and purges that afterwards.
  const purgesDropIn = purge && base.packages.includes('kdump-tools');
  if ((base.before.files[GRUB_DROP_IN] !== undefined || purgesDropIn) && facts.nextCmdline !== null)
    steps.push(bootloaderStep(facts));
  if (base.before.files[KDUMP_CONFIG] !== undefined && facts.kexec.crashLoaded === true && !purge) {
    steps.push(kdumpRestart('loaded with our configuration', 'loaded with its own'));
  }
  if (purge && base.packages.length > 0) steps.push(purgeStep(base.packages));
  // With packages left there is something that a later purge has to know; else nothing of ours stays.
  const after: GuestState | null = kept.length === 0 ? null : { ...EMPTY, packages: kept };
  const recorded = facts.state;
  const alreadyReduced = after !== null && facts.pending === null && recorded?.profile === '';
  if (steps.length === 0 && alreadyReduced) return [];
  const removeDirectories = base.before.directories;
  return [...steps, { ...RECORD, after, removeDirectories, ...(purge ? { everything: true } : {}) }];
}

const RECORD = { id: 'state:record', kind: 'state', risk: 'none', undo: 'none' } as const;

/** Evidence of hangs is data, as dumps are: it outlives what collected it until somebody says otherwise. */
function leftEvidence({ evidence }: Facts, purge: boolean): Step[] {
  return purge && evidence > 0 ? [{ ...RECORD, after: null, everything: true }] : [];
}

function evidenceFindings({ evidence }: Facts, purge: boolean): Finding[] {
  if (evidence === 0) return [];
  const pieces = evidence === 1 ? '1 piece' : `${evidence} pieces`;
  const finding = { level: 'note', subject: 'evidence' } as const;
  if (purge) return [{ ...finding, code: 'evidence-removed', text: `${pieces} of evidence will be removed` }];
  const text = `${pieces} of evidence will be left in /var/lib/provision/evidence`;
  const hint = 'provision evidence fetch brings them here; rollback --purge removes them';
  return [{ ...finding, code: 'evidence-kept', text, hint }];
}

const EMPTY: GuestState = {
  format: 1,
  profile: '',
  planHash: '',
  disarmed: false,
  before: { sysctls: {}, files: {}, directories: [] },
  files: {},
  sysctls: {},
  packages: [],
};

/** Live values back to what they were before the first apply; keys filter what disarm leaves alone. */
export function liveSteps(base: GuestState, facts: Facts, keys?: ReadonlySet<string>): SysctlStep[] {
  return Object.entries(base.before.sysctls).flatMap(([key, value]): SysctlStep[] => {
    const live = facts.sysctls[key] ?? null;
    if (live === null || sameValue(live, value) || keys?.has(key) === false) return [];
    return [
      {
        id: `sysctl:${key}`,
        kind: 'sysctl',
        risk: 'none',
        undo: 'set again by the next apply',
        key,
        before: live,
        after: value,
        boot: null,
      },
    ];
  });
}

function purgeStep(names: readonly string[]): PackageStep {
  return {
    id: 'package:purge',
    kind: 'package',
    risk: 'service',
    undo: 'installed again by the next apply',
    action: 'purge',
    names,
    actions: names.map((name) => ({ action: 'remove', name, version: '' })),
    fetchBytes: null,
    diskBytes: null,
    preseed: [],
    repair: false,
    refresh: false,
  };
}

function nothing(): Finding {
  return { level: 'note', code: 'nothing-applied', subject: 'state', text: 'nothing of ours is on this guest' };
}

function keptFindings(base: GuestState, purge: boolean): Finding[] {
  if (purge || base.packages.length === 0) return [];
  const text = `${base.packages.length} packages that an apply installed stay`;
  return [
    { level: 'note', code: 'packages-kept', subject: 'packages', text, hint: 'rollback --purge removes them too' },
  ];
}
