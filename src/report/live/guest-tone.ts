import { NAME_TONES, type Tone } from '../cells.ts';

/** The colour of a guest's name: always the same for the same name, whoever else is there. */
export function guestTone(guest: string): Tone {
  // FNV-1a: names that differ in one digit must not get the same colour.
  let hash = 0x811c9dc5;
  for (let at = 0; at < guest.length; at += 1) hash = Math.imul(hash ^ guest.charCodeAt(at), 0x01000193) >>> 0;
  return NAME_TONES[hash % NAME_TONES.length] ?? 'strong';
}
