import { open, rm } from 'node:fs/promises';

import { ProvisionError } from '../../errors.ts';
import { quote } from '../../shell.ts';
import { judgeDump, type DumpFormat } from '../dump-format.ts';
import { containerOf, type Container } from '../dumps/container.ts';
import { TOOLS } from '../local-tool.ts';

/**
 * Makes a dump readable: decompressed, and out of makedumpfile's flattened order, in which crash is slow for up to an hour
 * and drgn of Debian 12 is blind.
 * @returns the path of a new file beside it, for the caller to rename; null when the dump is readable as it is
 * @throws ProvisionError E_LOCAL_TOOL when a program is missing, E_DUMP when the dump is not whole after all
 */
export async function makeReadable(dump: string): Promise<string | null> {
  const container = containerOf(dump);
  if (container === undefined) return rearranged(dump);
  const plain = `${dump}.new`;
  try {
    await run(container, ['-dc'], dump, plain);
    const made = await rearranged(plain);
    if (made === null) return plain;
    await rm(plain);
    return made;
  } catch (error) {
    await rm(plain, { force: true });
    throw error;
  }
}

async function rearranged(dump: string): Promise<string | null> {
  if ((await formatOf(dump)) !== 'flattened') return null;
  const made = `${dump}.vmcore.new`;
  await rm(made, { force: true });
  await run('makedumpfile', ['-R', made], dump);
  if ((await formatOf(made)) === 'flattened') throw broken(dump, 'makedumpfile left it flattened');
  return made;
}

/** What a file on this machine is, by its two ends. @throws ProvisionError E_DUMP when it is no whole dump */
export async function formatOf(path: string): Promise<DumpFormat> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const ends = [Buffer.alloc(Math.min(16, size)), Buffer.alloc(Math.min(16, size))] as const;
    await handle.read(ends[0], 0, ends[0].length, 0);
    await handle.read(ends[1], 0, ends[1].length, size - ends[1].length);
    const judged = judgeDump({ head: ends[0], tail: ends[1], size });
    if (judged.valid) return judged.format;
    throw broken(path, judged.reason);
  } finally {
    await handle.close();
  }
}

/** One program with its input, and on request its output, from and to files. Arguments are quoted by our own quoter. */
async function run(
  tool: Container | 'makedumpfile',
  args: readonly string[],
  from: string,
  to = '/dev/null',
): Promise<void> {
  const { $, which } = await import('zx/core');
  if ((await which(tool, { nothrow: true })) === null)
    throw new ProvisionError('E_LOCAL_TOOL', `${tool} is not installed on this machine; the dump is kept as it came`, {
      hint: `apt-get install ${TOOLS[tool].package}, then run the command again: nothing is transferred twice`,
    });
  const options = { quiet: true, nothrow: true, prefix: '', shell: '/bin/sh', quote } as const;
  const { exitCode, stderr } = await $(options)`${tool} ${args} < ${from} > ${to}`;
  if (exitCode === 0) return;
  throw broken(from, `${tool}: ${stderr.trim().split('\n').at(-1) ?? `exit ${exitCode}`}`);
}

function broken(path: string, reason: string): ProvisionError {
  return new ProvisionError('E_DUMP', `${path}: ${reason}`, { hint: 'the dump is kept as it came' });
}
