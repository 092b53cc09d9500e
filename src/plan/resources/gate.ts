import type { Facts } from '../../facts/facts.ts';
import { sameValue } from '../../facts/sysctl-order.ts';
import type { Context, OwnFile, Proposal } from '../context.ts';
import type { ArmedStep, Finding, UnitStep } from '../plan.ts';
import { render } from '../render.ts';
import { guestTemplate } from '../guest-template.ts';

export const ARM_UNIT = 'provision-arm.service';
const ARM_UNIT_FILE = `/etc/systemd/system/${ARM_UNIT}`;
const ARM_SCRIPT = '/usr/local/lib/provision/arm';
const ARM_CONF = '/etc/provision/arm.conf';
const RESTART_ON = [ARM_SCRIPT, ARM_CONF, ARM_UNIT_FILE];

/** The gate's own files; none where there is nothing to arm, or no systemd to run it. */
export function planGateFiles(context: Context): Proposal {
  const { desired, facts, templates } = context;
  if (facts.init !== 'systemd' || !context.settings.some(({ armed }) => armed)) return {};
  const { when, after, breaker } = desired.arm;
  const conf = { when, after: String(after), crashes: String(breaker.crashes), within: String(breaker.within) };
  const files: OwnFile[] = [
    {
      path: ARM_SCRIPT,
      text: guestTemplate(templates, 'arm.sh'),
      mode: '0755',
      note: 'the gate: arms only once kdump is ready',
    },
    { path: ARM_CONF, text: render(guestTemplate(templates, 'arm.conf'), conf), mode: '0644' },
  ];
  // A masked unit is a link to /dev/null that somebody made on purpose.
  if (facts.units[ARM_UNIT]?.load !== 'masked') {
    files.push({ path: ARM_UNIT_FILE, text: guestTemplate(templates, 'provision-arm.service'), mode: '0644' });
  }
  return { files };
}

/**
 * Enables and starts the gate, again when what it reads has changed. Settings that wait behind a gate that is already
 * running are not steps: nothing is to be done about them but wait, and that is a note.
 */
export function planGate(context: Context, changed: ReadonlySet<string>): Proposal {
  const { desired, facts, settings } = context;
  const gated = settings.filter(({ armed }) => armed);
  if (facts.init !== 'systemd') return {};
  // A profile before this one may have had something to arm.
  const left = context.before.base?.before.files[ARM_UNIT_FILE] !== undefined;
  if (gated.length === 0) return left ? { steps: gateStop(facts, 'stopped, disabled') } : {};
  const unit = facts.units[ARM_UNIT];
  if (unit?.load === 'masked') {
    const text = `${ARM_UNIT} is masked, so nothing is armed on this guest`;
    return {
      findings: [
        { level: 'conflict', code: 'arm-masked', subject: ARM_UNIT, text, hint: `systemctl unmask ${ARM_UNIT}` },
      ],
    };
  }
  const off = gated.filter(({ key, value }) => !sameValue(facts.sysctls[key] ?? null, value));
  const fragmentChanged = [...changed].some((path) => path.startsWith('/etc/provision/'));
  const inputsChanged = fragmentChanged || RESTART_ON.some((path) => changed.has(path));
  const lapsed = facts.arm.state === 'armed' && off.length > 0;
  const running = unit?.active === 'active' || unit?.active === 'activating';
  const actions: UnitStep['actions'][number][] = [];
  if (changed.has(ARM_UNIT_FILE)) actions.push('reload');
  if (unit?.enabled !== 'enabled') actions.push('enable');
  if (!running) actions.push('start');
  else if (inputsChanged || lapsed) actions.push('restart');
  if (actions.length === 0) return { findings: gateFindings(context, off.length > 0) };
  const step: UnitStep = {
    id: `unit:${ARM_UNIT}`,
    kind: 'unit',
    risk: 'panic',
    undo: 'stopped, disabled, removed',
    note: `arms ${describe(desired.arm.when, desired.arm.after)}; stays disarmed after ${desired.arm.breaker.crashes} crashes in ${minutes(desired.arm.breaker.within)}`,
    unit: ARM_UNIT,
    actions,
    before: unit === undefined || unit.load === 'not-found' ? 'absent' : `${unit.enabled}, ${unit.active}`,
    after: 'enabled, active',
  };
  const armed = off.map(({ key, value }): ArmedStep => {
    const danger = context.sysctls.get(key)?.danger;
    return {
      id: `armed:${key}`,
      kind: 'armed',
      risk: 'panic',
      undo: `set back to ${context.before.sysctl(key) ?? 'what it was'}`,
      ...(danger === undefined ? {} : { note: danger }),
      key,
      before: facts.sysctls[key] ?? null,
      after: value,
    };
  });
  return { steps: [step], armed };
}

function gateFindings(context: Context, waiting: boolean): Finding[] {
  const { facts } = context;
  const { state, reason } = facts.arm;
  if (state === 'refused' || state === 'failed') {
    return [
      {
        level: 'conflict',
        code: `arm-${state}`,
        subject: 'armed',
        text: reason,
        hint: 'see `journalctl -u provision-arm`; `provision arm` tries again',
      },
    ];
  }
  if (!waiting) return [];
  const text =
    state === 'waiting' ? `not armed yet: waiting ${reason}` : 'not armed yet: the gate has just been started';
  return [{ level: 'note', code: 'arm-waiting', subject: 'armed', text }];
}

/** The words for when the gate opens. */
export function describe(when: string, after: number): string {
  const condition = when === 'kdump-ready' ? 'once a crash kernel is loaded' : 'without waiting for kdump';
  return after > 0 ? `${condition} and the guest is up for ${minutes(after)}` : condition;
}

function minutes(seconds: number): string {
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** Stops and disables the gate where it runs, or would at the next boot, even when its unit file is gone. */
export function gateStop(facts: Facts, after: string): UnitStep[] {
  const unit = facts.units[ARM_UNIT];
  if (unit === undefined) return [];
  if (unit.enabled !== 'enabled' && unit.active !== 'active' && unit.active !== 'activating') return [];
  return [
    {
      id: `unit:${ARM_UNIT}`,
      kind: 'unit',
      risk: 'none',
      undo: 'started again by arm or apply',
      unit: ARM_UNIT,
      actions: ['stop', 'disable'],
      before: `${unit.enabled}, ${unit.active}`,
      after,
    },
  ];
}
