import { ProvisionError } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';

/**
 * A slice as Ansible has it: `web[0]`, `web[-1]`, `web[1:3]` with both ends in it, `web[2:]`.
 * @param members what a slice can be taken of; undefined for a word that is no group and no wildcard
 * @returns undefined for a term that is no slice
 * @throws ProvisionError E_INVENTORY for a slice of nothing, and for one in which nothing is
 */
export function sliceOf(
  term: string,
  members: (base: string) => readonly string[] | undefined,
): readonly string[] | undefined {
  const match = /^(.+)\[(?:(-?\d{1,9})|(\d{1,9}):(\d{0,9}))\]$/s.exec(term);
  if (!match) return undefined;
  const [, base = '', index, from, to = ''] = match;
  const all = members(base);
  if (all === undefined) {
    // A single number may be one of a name.
    if (index !== undefined && !index.startsWith('-')) return undefined;
    const hint = 'slices are taken of groups: desktops[0:4]; guests are numbered with a dash: vm[1-5]';
    throw new ProvisionError('E_INVENTORY', `${quoted(term)} is a slice, and ${quoted(base)} is no group`, { hint });
  }
  const found =
    index === undefined
      ? all.slice(Number(from), to === '' ? undefined : Number(to) + 1)
      : all.slice(Number(index)).slice(0, 1);
  const tooFar = index !== undefined && Number(index) < -all.length;
  if (found.length > 0 && !tooFar) return found;
  throw new ProvisionError('E_INVENTORY', `${quoted(term)} is empty: ${quoted(base)} has ${all.length}`, {
    hint: `its first is ${base}[0], its last ${base}[-1]`,
  });
}
