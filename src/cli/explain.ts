import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ProvisionError } from '../errors.ts';
import { explainGroups } from '../investigate/explaining/explain-groups.ts';
import { StackStream, type StacksRead } from '../investigate/reading/read-traces.ts';
import { reportExplained } from '../report/explain-report.ts';
import { loadExplainKnowledge } from '../shipped/explain-knowledge.ts';
import { fileKind } from './file-kind.ts';
import { wantsColor } from './output.ts';
import type { Run } from './program.ts';

const CHUNK = 1 << 18;

/** `provision explain [FILE|-]`: what the stacks in a text mean. */
export const run: Run = async ({ args, flags, stopping }) => {
  const [file = '-'] = args;
  if (file === '-' && process.stdin.isTTY) process.stderr.write('Paste a stack or a log, then press Ctrl-D.\n');
  const source = file === '-' ? 'standard input' : file;
  const read = await readStacks(file === '-' ? process.stdin : openFile(file), source, stopping);
  if (read.groups.length === 0) throw nothingFound(source, read);
  const groups = explainGroups(read.groups, loadExplainKnowledge());
  reportExplained(groups, read, source, {
    stdout: process.stdout,
    stderr: process.stderr,
    json: flags['json'] === true,
    color: wantsColor(flags, process.stdout),
    verbosity: flags['quiet'] === true ? -1 : flags['verbose'] === true ? 1 : 0,
    now: () => new Date(),
  });
  return 0;
};

/** @throws ProvisionError E_USAGE */
function openFile(file: string): Readable {
  try {
    if (statSync(file).isDirectory()) throw new ProvisionError('E_USAGE', `${file} is a folder, not a text`);
  } catch (cause) {
    throw cause instanceof ProvisionError ? cause : unreadable(file, cause);
  }
  return createReadStream(file, { highWaterMark: CHUNK });
}

/** Reads a stream to its end; what is kept of it is bounded. @throws ProvisionError E_USAGE, E_INTERRUPTED */
async function readStacks(stream: Readable, source: string, stopping: AbortSignal): Promise<StacksRead> {
  const stacks = new StackStream();
  const decoder = new StringDecoder('utf8');
  const stop = (): void => void stream.destroy();
  stopping.addEventListener('abort', stop, { once: true });
  let first = true;
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      const kind = first ? fileKind(bytes) : null;
      if (kind !== null)
        throw new ProvisionError('E_USAGE', `${source} is ${kind.what}, not text`, { hint: kind.hint(source) });
      first = false;
      stacks.push(decoder.write(bytes));
    }
  } catch (cause) {
    if (stopping.aborted) throw new ProvisionError('E_INTERRUPTED', `reading ${source} was interrupted`, { cause });
    throw cause instanceof ProvisionError ? cause : unreadable(source, cause);
  } finally {
    stopping.removeEventListener('abort', stop);
  }
  if (stopping.aborted) throw new ProvisionError('E_INTERRUPTED', `reading ${source} was interrupted`);
  stacks.push(decoder.end());
  return stacks.end();
}

function unreadable(source: string, cause: unknown): ProvisionError {
  const reason =
    cause instanceof Error ? cause.message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*'$/, '') : String(cause);
  return new ProvisionError('E_USAGE', `cannot read ${source}: ${reason}`, { cause });
}

function nothingFound(source: string, { lines }: StacksRead): ProvisionError {
  const what = lines === 0 ? `${source} is empty` : `there is no kernel stack in ${source}`;
  return new ProvisionError('E_USAGE', what, {
    hint: 'it reads /proc/PID/stack, dmesg, sysrq-w, oopses, crash bt, bpftrace kstack and folded stacks: sudo cat /proc/PID/stack | provision explain -',
  });
}
