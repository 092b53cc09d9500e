import { accessSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import { makeFolder } from '../../folder.ts';
import { withFileBytes } from '../bytes.ts';
import type { DumpFormat } from '../dump-format.ts';
import { containerOf } from '../dumps/container.ts';
import { lastWords, runTool, TOOLS, type Tool } from '../local-tool.ts';
import { judgeWhole, type WholeDump } from './whole-dump.ts';
import type { Work } from './work.ts';

/** A dump that drgn and crash can read. */
export interface OpenDump {
  /** Rearranged, and unpacked. */
  readonly path: string;
  /** How the file was written. */
  readonly format: DumpFormat;
  /** Size of the file as given. */
  readonly bytes: number;
}

/**
 * Makes a dump readable: unpacks it, checks that it is whole, and puts the flattened format in order. The result stays
 * beside the dump (or in the cache, when that folder cannot be written to) and is taken again the next time.
 * drgn needs it: libkdumpfile before 0.5.3 does not read the flattened format at all.
 * @throws ProvisionError E_DUMP when it is empty, cut off or no dump; E_LOCAL_TOOL, E_INTERRUPTED
 */
export async function openDump(file: string, work: Work): Promise<OpenDump> {
  const { size: bytes } = statSync(file);
  const ready = placeFor(file, '.kdump', work);
  if (isFresh(ready, file) && judged(ready).valid) return { path: ready, format: 'flattened', bytes };
  const container = containerOf(file);
  const plain = container === undefined ? file : await unpack(file, TOOLS[container], work);
  const format = checked(plain, file);
  if (format !== 'flattened') return { path: plain, format, bytes };
  const path = await rearrange(plain, ready, file, work);
  // The unpacked stream has served its turn; the rearranged file is what is kept.
  if (plain !== file) rmSync(plain, { force: true });
  return { path, format, bytes };
}

function judged(path: string): WholeDump {
  return withFileBytes(path, judgeWhole);
}

/** @throws ProvisionError E_DUMP */
function checked(path: string, file: string): DumpFormat {
  const verdict = judged(path);
  if (verdict.valid) return verdict.format;
  if (path !== file) rmSync(path, { force: true });
  throw notADump(file, verdict.reason);
}

async function unpack(file: string, packer: Tool, work: Work): Promise<string> {
  const target = placeFor(file, '.unpacked', work);
  if (isFresh(target, file)) return target;
  return made(target, async (partial) => {
    const answer = await work.step(`unpacking ${basename(file)}`, () =>
      runTool(packer, ['-dc'], { stdin: file, stdout: partial, signal: work.signal }),
    );
    if (answer.code !== 0) throw notADump(file, `${packer.command} cannot unpack it: ${lastWords(answer)}`);
  });
}

function rearrange(flattened: string, target: string, file: string, work: Work): Promise<string> {
  return made(target, async (partial) => {
    const answer = await work.step(`putting ${basename(file)} in order`, () =>
      runTool(TOOLS.makedumpfile, ['-R', partial], { stdin: flattened, signal: work.signal }),
    );
    if (answer.code !== 0) throw notADump(file, `makedumpfile cannot put it in order: ${lastWords(answer)}`);
    checked(partial, partial);
    work.source({ tool: 'makedumpfile', what: 'put the dump in order', ms: answer.ms });
  });
}

/** Under its own name only when it is whole. */
async function made(target: string, make: (partial: string) => Promise<void>): Promise<string> {
  const partial = `${target}.partial-${process.pid}`;
  try {
    await make(partial);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { force: true });
  }
  return target;
}

function isFresh(made: string, from: string): boolean {
  return existsSync(made) && statSync(made).mtimeMs >= statSync(from).mtimeMs;
}

function placeFor(file: string, ending: string, { cache }: Work): string {
  try {
    accessSync(dirname(file), constants.W_OK);
    return file + ending;
  } catch {
    const { size, mtimeMs } = statSync(file);
    const folder = join(cache, 'dumps');
    makeFolder(folder);
    // Dumps of two guests may have the same name.
    return join(folder, `${basename(file)}.${size}-${Math.round(mtimeMs)}${ending}`);
  }
}

function notADump(file: string, reason: string): ProvisionError {
  return new ProvisionError('E_DUMP', `${file} cannot be read as a dump: ${reason}`, {
    hint: 'fetch it again; if it is like that on the guest, the capture failed there',
  });
}
