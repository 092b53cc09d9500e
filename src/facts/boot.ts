import type { Facts } from './facts.ts';
import { linesOf, NamedLines, type Sections } from './sections.ts';

/**
 * How the guest boots. Only GRUB with its generated grub.cfg is known well enough to change; anything else is named, so
 * that preflight can refuse it instead of guessing.
 */
export function parseBoot(sections: Sections): Pick<Facts, 'bootloader' | 'nextCmdline' | 'secureBoot'> {
  const lines = linesOf(sections, 'boot');
  const named = new NamedLines(lines);
  const grub = named.has('grub_cfg') && named.has('update_grub');
  const linux = lines.find((line) => /^\s*linux(16|efi)?\s/.test(line));
  return {
    bootloader: grub ? 'grub' : (named.get('other') ?? (named.has('grub_cfg') ? 'grub without update-grub' : 'none')),
    nextCmdline: linux === undefined ? null : linux.trim().split(/\s+/).slice(2).join(' '),
    // efivarfs: four bytes of attributes, then the value.
    secureBoot: named.get('secure_boot')?.trim().split(/\s+/).at(-1) === '1',
  };
}
