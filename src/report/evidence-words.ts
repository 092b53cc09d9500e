import type { EvidenceAbout } from '../investigate/evidence/piece.ts';

/** What the evidence was collected for. */
export function whyWords({ why, again }: EvidenceAbout): string {
  const reason = why === 'blocked' ? 'blocked' : `${why} full`;
  return again ? `${reason}, still` : reason;
}

/** `Xorg 1458`, and how many more; for pressure how bad it was. */
export function whoWords({ tasks, pressures }: EvidenceAbout): string {
  const [first, ...more] = tasks;
  if (first === undefined) return pressures.map(({ resource, percent }) => `${resource} ${percent} %`).join(', ');
  return `${first.comm} ${first.tid}${more.length === 0 ? '' : ` and ${more.length} more`}`;
}

/** How long it lasted, as far as that was seen. */
export function lastedWords({ tasks, pressures }: EvidenceAbout): string {
  const [first] = tasks;
  const spell = first ?? pressures[0];
  if (spell === undefined) return '';
  return spell.ended === null ? `${spell.seconds} s or more` : `${spell.ended.seconds} s`;
}
