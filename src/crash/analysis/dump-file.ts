import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ProvisionError } from '../../errors.ts';

/** Files of one crash. */
export interface DumpFiles {
  readonly dump: string;
  /** The kernel log that was saved with it. */
  readonly dmesg: string | null;
}

const STAMP = /^\d{12}$/;
/** `vmcore` is what `dumps fetch` makes of the others; a file of kdump-tools carries its minute. */
const DUMP = /^(?:vmcore|(?:dump|vmcore)\.\d{12}(?:\.(?:gz|bz2|xz|lz4|zst))?)$/;
const DMESG = /^dmesg\.\d{12}$/;

/**
 * Finds the dump that a person means: the file itself, its folder YYYYMMDDHHMM, or the folder of a guest's dumps, of which
 * the newest counts.
 * @throws ProvisionError E_DUMP when the folder holds no dump
 */
export function findDump(path: string): DumpFiles {
  if (!statSync(path).isDirectory()) return { dump: path, dmesg: dmesgOf(path) };
  const names = readdirSync(path).sort();
  // Sorted, `vmcore` comes after every dump.STAMP and before vmcore.STAMP.
  const dump = names.includes('vmcore') ? 'vmcore' : names.filter((name) => DUMP.test(name)).at(-1);
  if (dump !== undefined) return { dump: join(path, dump), dmesg: dmesgOf(join(path, dump)) };
  const newest = names.filter((name) => STAMP.test(name) && statSync(join(path, name)).isDirectory()).at(-1);
  if (newest !== undefined) return findDump(join(path, newest));
  const incomplete = names.find((name) => name.endsWith('-incomplete'));
  throw new ProvisionError('E_DUMP', `${path} holds no dump`, {
    hint:
      incomplete === undefined
        ? 'a dump is called vmcore, dump.YYYYMMDDHHMM or vmcore.YYYYMMDDHHMM'
        : `${incomplete} was never finished: the capture was stopped, or the disk was full`,
  });
}

/** The log of the same minute; beside a file of another name, the folder's only one. */
function dmesgOf(dump: string): string | null {
  const stamp = /\.(\d{12})(?:\.\w+)?$/.exec(basename(dump))?.[1];
  const logs = readdirSync(dirname(dump)).filter((name) => DMESG.test(name));
  const name = stamp === undefined && logs.length === 1 ? logs[0] : logs.find((log) => log === `dmesg.${stamp ?? ''}`);
  if (name === undefined) return null;
  const path = join(dirname(dump), name);
  return statSync(path).size > 0 ? path : null;
}
