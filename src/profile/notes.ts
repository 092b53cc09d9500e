import { suggest } from '../yaml/suggest.ts';
import type { DesiredState } from './desired.ts';
import type { SysctlCatalogue } from './sysctl-catalogue.ts';

/** Something about a profile that is no error and that its author should know. */
interface ProfileNote {
  /** The profile path that it is about. */
  readonly path: string;
  readonly text: string;
}

/** What to tell the author of a profile: keys that nothing is known about, dangers, settings that nothing will arm. */
export function profileNotes(state: DesiredState, catalogue: SysctlCatalogue): ProfileNote[] {
  const notes = state.sysctls.flatMap(({ key, path, armed }): ProfileNote[] => {
    const entry = catalogue.get(key);
    if (entry === undefined) return [{ path, text: unknownKey(key, armed, catalogue) }];
    return armed && entry.danger !== undefined ? [{ path, text: `${key}: ${entry.danger}` }] : [];
  });
  notes.push(...watchNote(state));
  const waits = state.arm.when === 'kdump-ready' && state.kdump === null && state.sysctls.some(({ armed }) => armed);
  if (!waits) return notes;
  return [
    ...notes,
    { path: 'arm.when', text: 'settings that panic wait for a crash kernel, and this profile does not set kdump up' },
  ];
}

function unknownKey(key: string, armed: boolean, catalogue: SysctlCatalogue): string {
  const near = suggest(key, catalogue.keys());
  const held = armed ? '; it talks of panic, so it waits for the arm gate' : '';
  return `${key} is not in the catalogue, so its value is not checked${held}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** A panic at the same time, or before, is all that there will be of a hang. */
function watchNote({ watch, sysctls }: DesiredState): ProfileNote[] {
  const valueOf = (name: string): number =>
    Number(sysctls.find(({ key }) => key === `kernel.hung_task_${name}`)?.value);
  const timeout = valueOf('timeout_secs');
  if (watch === null || !(valueOf('panic') > 0) || !(timeout > 0) || watch.blocked < timeout) return [];
  const text = `a task that is blocked for ${timeout} s panics the guest, before it is evidence at ${watch.blocked} s`;
  return [{ path: 'trace.watch.blocked', text }];
}
