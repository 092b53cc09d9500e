import { ProvisionError } from '../../errors.ts';
import { guestTemplate } from '../../plan/guest-template.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import { quote } from '../../shell.ts';
import type { DumpFile } from '../dumps/dump.ts';
import { PartFile } from './part-file.ts';
import type { RateLimit } from './rate-limit.ts';

/** What is the same for every file of a run. */
export interface Transfer {
  /** templates/guest, by file name. */
  readonly templates: Readonly<Record<string, string>>;
  readonly limit: RateLimit | undefined;
  /** Aborted when the person wants to stop: what is here so far is kept. */
  readonly stopping: AbortSignal;
  /** How long a lost guest is tried again, milliseconds. */
  readonly reconnectMs: number;
}

/** Connections that may be lost in a row without a byte having come. */
const FUTILE = 3;

/**
 * Brings one file of a guest to `local`, from where an earlier attempt stopped. A lost connection is opened again.
 * @param came how many bytes are here, whenever that changes
 * @returns its sha256, which the guest computed too, and how many bytes were transferred for it
 * @throws ProvisionError E_CONNECTION_LOST (what came is kept), E_DUMP when the file changed or the checksums differ
 */
export async function download(
  conversation: Conversation,
  directory: string,
  file: DumpFile,
  local: string,
  transfer: Transfer,
  came: (offset: number) => void,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const part = await PartFile.open(local, file);
  let bytes = 0;
  const count = (offset: number, length: number): void => {
    bytes += length;
    came(offset);
  };
  came(part.offset);
  try {
    for (let futile = 0; ;) {
      const before = part.offset;
      try {
        const theirs = await read(conversation, `${directory}/${file.name}`, file, part, transfer, count);
        await part.settle();
        if (theirs !== part.prefix) {
          await part.discard();
          throw changed(file.name, 'its checksum here is not the one on the guest', conversation.guest.name);
        }
        await part.commit();
        return { sha256: theirs, bytes };
      } catch (error) {
        await part.settle();
        if (transfer.stopping.aborted) throw interrupted(conversation.guest.name);
        if (!(error instanceof ProvisionError) || error.code !== 'E_CONNECTION_LOST') throw error;
        futile = part.offset > before ? 0 : futile + 1;
        if (futile >= FUTILE) throw lost(error, file, part, conversation.guest.name);
        await conversation.reconnectWithin(transfer.reconnectMs, lost(error, file, part, conversation.guest.name));
      }
    }
  } finally {
    await part.close();
  }
}

/** One attempt. @returns the sha256 that the guest computed over the whole file */
async function read(
  conversation: Conversation,
  path: string,
  file: DumpFile,
  part: PartFile,
  { templates, limit, stopping }: Transfer,
  count: (offset: number, length: number) => void,
): Promise<string> {
  const script = [
    `FILE=${quote(path)}`,
    `SIZE=${file.size}`,
    `MTIME=${file.mtime}`,
    `OFFSET=${part.offset}`,
    `PREFIX=${part.offset > 0 ? part.prefix : "''"}`,
    guestTemplate(templates, 'read-file.sh'),
  ].join('\n');
  const result = await conversation.runScript(script, {
    signal: stopping,
    onLine: (section, line) => {
      if (section === 'file' && line === 'offset 0' && part.offset > 0) part.restart();
    },
    onRaw: (chunk) => {
      const disk = part.write(chunk);
      const line = limit?.take(chunk.length);
      count(part.offset, chunk.length);
      return disk && line ? Promise.all([disk, line]).then(() => undefined) : (disk ?? line);
    },
  });
  const said = (name: string): string => result.sections.get(name)?.toString('utf8') ?? '';
  const sum = /^[0-9a-f]{64}/.exec(said('sum'))?.[0];
  if (sum === undefined || said('file').startsWith('changed') || said('sum').includes('changed'))
    throw changed(file.name, 'it changed on the guest', conversation.guest.name);
  return sum;
}

function changed(name: string, what: string, guest: string): ProvisionError {
  return new ProvisionError('E_DUMP', `${name}: ${what}`, { hint: 'run the command again', where: { guest } });
}

function lost(error: ProvisionError, file: DumpFile, part: PartFile, guest: string): ProvisionError {
  const [here, all] = [part.offset, file.size].map((bytes) => (bytes / 1e6).toFixed(1));
  return new ProvisionError('E_CONNECTION_LOST', `${error.message}: ${file.name} is here up to ${here} of ${all} MB`, {
    hint: 'run the command again once the guest answers: it goes on from there',
    where: { guest },
    cause: error,
  });
}

function interrupted(guest: string): ProvisionError {
  return new ProvisionError('E_INTERRUPTED', 'interrupted; what was fetched so far is kept', {
    hint: 'run the command again: it goes on from there',
    where: { guest },
  });
}
