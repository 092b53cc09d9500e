import { endState, type EndState } from '../../src/export/end-state.ts';
import type { ExportTexts } from '../../src/export/script.ts';
import { parseTarget } from '../../src/export/target.ts';
import { loadExportTemplates } from '../../src/shipped/export-texts.ts';
import { desiredBy, shipped, type Wishes } from '../plan/support/planning.ts';

/** As shipped, with a version that no release changes. */
export const texts: ExportTexts = { guest: shipped.templates, export: loadExportTemplates(), version: '0.0.0' };

export function stateFor(system: string, wishes: Wishes = {}): EndState {
  return endState(desiredBy(wishes), parseTarget(system, shipped.distributions), shipped);
}
