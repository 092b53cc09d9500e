import { join } from 'node:path';

/** What we write beside the guest's own files. */
export const MANIFEST = 'dump.json';
export const VMCORE = 'vmcore';

/** `DIR/GUEST/STAMP`: where a dump comes to lie. */
export function folderOf(to: string, guest: string, dump: string): string {
  return join(to, oneName(guest), oneName(dump));
}

/** A guest's file name as a local one; a guest may call a file as we call ours. */
export function localName(name: string): string {
  const taken = name === MANIFEST || name === VMCORE || /\.(part|part\.json|new)$/.test(name);
  return oneName(taken ? `${name}.from-guest` : name);
}

/** A name that is one part of a path, whatever it was. */
function oneName(name: string): string {
  const safe = name.replaceAll('/', '_').replaceAll('\0', '_');
  return safe === '.' || safe === '..' || safe === '' ? `_${safe}` : safe;
}
