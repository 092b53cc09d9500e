import type { Facts, ReadinessState } from '../../facts/facts.ts';
import type { Context } from '../context.ts';
import type { UnitStep } from '../plan.ts';

export const KDUMP_UNIT = 'kdump-tools.service';
/** Codes of findings about a guest that would not capture a crash: `kdump-not-loaded`. */
export const NOT_READY = 'kdump-';

/** What a restart is for that mends; its note says what was wrong. */
export const READY = 'ready';

/** What loading the crash kernel anew mends. */
const MENDED: ReadonlySet<ReadinessState> = new Set([
  'disabled',
  'not-loaded',
  'no-initrd',
  'stale-cmdline',
  'stale-config',
]);

export interface Circumstances {
  /** The configuration changes in this plan. */
  readonly changed: boolean;
  /** What is reserved changes with the next boot, which loads everything anew. */
  readonly rebooting: boolean;
}

/**
 * Loads the crash kernel anew where it would not capture a crash, or holds an old configuration. null where there is
 * nothing to mend, nothing reserved to load into, or nobody to ask: the finding says so then.
 */
export function planService(context: Context, { changed, rebooting }: Circumstances): UnitStep | null {
  const { facts } = context;
  const loaded = facts.kexec.crashLoaded === true;
  if (!loaded && ((facts.kexec.crashSize ?? 0) === 0 || facts.init !== 'systemd')) return null;
  if (facts.kexec.loadDisabled || facts.captureKernel) return null;
  const { state, reason } = facts.readiness;
  const step = kdumpRestart(loaded ? 'loaded with the old configuration' : 'not loaded', 'loaded with the new one');
  if (changed) return withInitrd(step, state, facts);
  if (rebooting || !MENDED.has(state) || !isAskable(context)) return null;
  return withInitrd({ ...step, undo: 'none', note: reason, before: state, after: READY }, state, facts);
}

function isAskable({ facts }: Context): boolean {
  const unit = facts.units[KDUMP_UNIT];
  if (facts.init !== 'systemd' || facts.files['/etc/default/kdump-tools'] === undefined) return false;
  // A first start builds the capture initrd, for minutes; to restart it would only begin again.
  return unit === undefined || (unit.load === 'loaded' && unit.enabled !== 'masked' && unit.active !== 'activating');
}

/** A load leaves a missing initrd out and says that all is well, so it is built first. */
function withInitrd(step: UnitStep, state: ReadinessState, { capture, kernel, units }: Facts): UnitStep {
  const enable = units[KDUMP_UNIT]?.enabled === 'disabled';
  return {
    ...step,
    ...(state === 'no-initrd' && capture.captureInitrdBytes === null ? { initrdFor: kernel.release } : {}),
    ...(enable ? { actions: ['enable', ...step.actions] } : {}),
  };
}

/** The loaded crash kernel holds its command line until its service loads it again. */
export function kdumpRestart(before: string, after: string): UnitStep {
  return {
    id: `unit:${KDUMP_UNIT}`,
    kind: 'unit',
    risk: 'service',
    undo: 'restarted with its original configuration',
    note: 'the loaded crash kernel holds its old command line until then',
    unit: KDUMP_UNIT,
    actions: ['restart'],
    before,
    after,
  };
}
