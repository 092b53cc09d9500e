import { ProvisionError } from '../../errors.ts';
import type { EvidenceChoice } from '../../investigate/evidence/choose.ts';
import type { EvidenceLook } from '../../investigate/evidence/look.ts';
import { guestTemplate, type GuestTemplates } from '../../plan/guest-template.ts';
import type { Flags } from '../command-spec.ts';
import { durationFlag, listFlag } from '../flags.ts';
import { DEFAULT_TIMEOUT_MS } from '../guests.ts';

/** How long a guest may take to answer a look, and be tried again for when it is lost. */
export function patienceOf(flags: Flags): number {
  return durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS);
}

export function lookOf(flags: Flags, templates: GuestTemplates): EvidenceLook {
  return { script: guestTemplate(templates, 'evidence-list.sh'), timeoutMs: patienceOf(flags) };
}

/** @throws ProvisionError E_USAGE for two choices at once */
export function choiceOf(flags: Flags): EvidenceChoice {
  const given = ['latest', 'all', 'entry'].filter((name) => flags[name] !== undefined);
  if (given.length > 1)
    throw new ProvisionError('E_USAGE', `${given.map((name) => `--${name}`).join(' and ')} do not go together`);
  return { named: listFlag(flags, 'entry'), all: flags['all'] === true };
}
