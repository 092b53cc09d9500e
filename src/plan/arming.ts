import { ProvisionError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { GuestState } from '../facts/state.ts';
import { parseSysctlFile } from '../facts/sysctl-order.ts';
import { stage } from './make-plan.ts';
import type { ArmedStep, Plan, StateStep, Step, UnitStep } from './plan.ts';
import { ARMED_DIRECTORY } from './resources/fragments.ts';
import { ARM_UNIT, gateStop } from './resources/gate.ts';
import { liveSteps } from './rollback.ts';
import { sealPlan } from './seal.ts';
import { systemLine } from './system-line.ts';

/**
 * Takes the panic settings out, live and for the next boots, and uninstalls nothing.
 * @throws ProvisionError E_PREFLIGHT when no profile was applied
 */
export function planDisarm(guest: string, facts: Facts): Plan {
  const state = applied(guest, facts);
  const live = liveSteps(state, facts, new Set(armedSettings(facts).map(({ key }) => key)));
  const steps: Step[] = [...gateStop(facts, 'disabled, inactive'), ...live];
  return plan('disarm', guest, facts, state, recorded(steps, state, true), []);
}

/**
 * Lets the gate decide again: enables and starts it. Nothing to do when it is waiting or has armed.
 * @throws ProvisionError E_PREFLIGHT when no profile was applied, or it has nothing to arm
 */
export function planArm(guest: string, facts: Facts): Plan {
  const state = applied(guest, facts);
  const settings = armedSettings(facts);
  const unit = facts.units[ARM_UNIT];
  if (settings.length === 0 || unit === undefined || unit.load === 'not-found') {
    throw new ProvisionError('E_PREFLIGHT', `${guest} has no arm gate`, {
      hint: `apply a profile with panic settings to it first`,
      where: { guest },
    });
  }
  const off = settings.filter(({ key, value }) => facts.sysctls[key] !== value);
  const waiting =
    unit.active === 'active' && unit.enabled === 'enabled' && ['waiting', 'none'].includes(facts.arm.state);
  if ((off.length === 0 && unit.enabled === 'enabled') || waiting)
    return plan('arm', guest, facts, state, recorded([], state, false), []);
  const step: UnitStep = {
    id: `unit:${ARM_UNIT}`,
    kind: 'unit',
    risk: 'panic',
    undo: 'provision disarm',
    unit: ARM_UNIT,
    actions: [
      ...(unit.enabled === 'enabled' ? [] : (['enable'] as const)),
      unit.active === 'active' ? 'restart' : 'start',
    ],
    before: `${unit.enabled}, ${unit.active}`,
    after: 'enabled, active',
  };
  const armed = off.map(({ key, value }): ArmedStep => {
    return {
      id: `armed:${key}`,
      kind: 'armed',
      risk: 'panic',
      undo: 'provision disarm',
      key,
      before: facts.sysctls[key] ?? null,
      after: value,
    };
  });
  return plan('arm', guest, facts, state, recorded([step], state, false), armed);
}

/** What the guest's own armed fragments say. */
function armedSettings(facts: Facts): { key: string; value: string }[] {
  return Object.values(facts.files)
    .filter(({ path }) => path.startsWith(`${ARMED_DIRECTORY}/`))
    .flatMap(({ text, path }) => parseSysctlFile(text ?? '', path));
}

function applied(guest: string, facts: Facts): GuestState {
  if (facts.state !== null && facts.state.profile !== '') return facts.state;
  throw new ProvisionError('E_PREFLIGHT', `no profile is applied to ${guest}`, {
    hint: facts.pending === null ? 'run provision apply first' : 'an apply was cut off: run it again, or roll it back',
    where: { guest },
  });
}

function recorded(steps: readonly Step[], state: GuestState, disarmed: boolean): Step[] {
  if (steps.length === 0 && state.disarmed === disarmed) return [];
  const record: StateStep = {
    id: 'state:record',
    kind: 'state',
    risk: 'none',
    undo: 'none',
    after: { ...state, disarmed },
  };
  return [...steps, record];
}

function plan(
  goal: 'arm' | 'disarm',
  guest: string,
  facts: Facts,
  state: GuestState,
  steps: Step[],
  armed: Step[],
): Plan {
  const stages = [...stage(goal === 'arm' ? 'start the gate' : 'disarm', steps), ...stage('armed by the gate', armed)];
  return sealPlan({ goal, guest, profile: state.profile, system: systemLine(facts), findings: [], stages, facts });
}
