import type { Facts } from '../../facts/facts.ts';
import { sha256 } from '../../facts/files.ts';
import type { OwnFile } from '../context.ts';
import { backupOf } from '../before.ts';
import type { FileStep } from '../plan.ts';

/** The step that makes a file what it should be, or null when it is. */
export function planFile(wanted: OwnFile, facts: Facts, undo: string): FileStep | null {
  const found = facts.files[wanted.path];
  const after = { text: wanted.text, sha256: sha256(wanted.text), mode: wanted.mode, uid: 0, gid: 0 };
  if (
    found?.sha256 === after.sha256 &&
    found.mode === after.mode &&
    found.uid === after.uid &&
    found.gid === after.gid
  ) {
    return null;
  }
  return {
    id: `file:${wanted.path}`,
    kind: 'file',
    risk: 'none',
    undo,
    ...(wanted.note === undefined ? {} : { note: wanted.note }),
    path: wanted.path,
    before: found ? { sha256: found.sha256, text: found.text } : null,
    after,
  };
}

/** Changes the text of a file that is not ours; its owner and mode stay. */
export function planChange(path: string, text: string, facts: Facts, note?: string): FileStep | null {
  const found = facts.files[path];
  if (!found || found.text === text) return null;
  return {
    id: `file:${path}`,
    kind: 'file',
    risk: 'none',
    undo: 'restored from its backup',
    ...(note === undefined ? {} : { note }),
    path,
    before: { sha256: found.sha256, text: found.text },
    after: { text, sha256: sha256(text), mode: found.mode, uid: found.uid, gid: found.gid },
  };
}

export function planRemoval(path: string, facts: Facts, note: string): FileStep | null {
  const found = facts.files[path];
  if (!found) return null;
  return {
    id: `file:${path}`,
    kind: 'file',
    risk: 'none',
    undo: 'written again by the next apply',
    note,
    path,
    before: { sha256: found.sha256, text: found.text },
    after: null,
  };
}

/** Puts the original back from the guest's own copy, bytes, mode and owner. */
export function planRestore(path: string, facts: Facts, note: string): FileStep | null {
  const copy = facts.files[backupOf(path)];
  const found = facts.files[path];
  if (!copy || (found && found.sha256 === copy.sha256 && found.mode === copy.mode)) return null;
  return {
    id: `file:${path}`,
    kind: 'file',
    risk: 'none',
    undo: 'changed again by the next apply',
    note,
    path,
    before: found ? { sha256: found.sha256, text: found.text } : null,
    after: {
      text: copy.text,
      sha256: copy.sha256,
      mode: copy.mode,
      uid: copy.uid,
      gid: copy.gid,
      from: copy.path,
    },
  };
}
