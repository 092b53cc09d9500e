import { ProvisionError } from '../../errors.ts';
import { withFileBytes } from '../bytes.ts';
import { readIdentity, type DumpIdentity } from '../dump-identity.ts';
import type { Analysis, AnalysisFinding } from './analysis.ts';
import { conclude } from './conclude.ts';
import { findDump } from './dump-file.ts';
import type { CrashKnowledge } from './evidence.ts';
import { lastWords } from '../local-tool.ts';
import { readKernelLog, type KernelLog } from './log/read-log.ts';
import { openDump } from './open-dump.ts';
import { readLogText } from './read-log-text.ts';
import { parseCrash, type CrashAnswer } from './readers/crash-answer.ts';
import { parseDrgn, type DrgnAnswer } from './readers/drgn-answer.ts';
import { runCrash } from './readers/run-crash.ts';
import { runDrgn } from './readers/run-drgn.ts';
import { findSymbols } from './symbols/find-symbols.ts';
import type { Symbols, SymbolWishes } from './symbols/symbols.ts';
import type { Work } from './work.ts';

export interface AnalysisOptions {
  /** Null: the kernel log only. */
  readonly symbols: SymbolWishes | null;
  readonly knowledge: CrashKnowledge;
  /** Path of templates/analysis/vmcore.py. */
  readonly script: string;
}

/** A reader's answer, and what is to be said about the reader itself. */
interface Reading<T> {
  readonly answer: T | null;
  readonly findings: readonly AnalysisFinding[];
}

/**
 * Reads a dump: the log without symbols, everything else with drgn, and with crash as the second opinion.
 * @param path a dump, its folder, or a folder of such folders
 * @throws ProvisionError E_DUMP, E_SYMBOLS, E_USAGE, E_LOCAL_TOOL (drgn or makedumpfile is missing), E_DISK_FULL
 */
export async function analyzeDump(path: string, options: AnalysisOptions, work: Work): Promise<Analysis> {
  const sources: Analysis['sources'][number][] = [];
  const noting: Work = { ...work, source: (source) => void sources.push(source) };
  const files = findDump(path);
  const dump = await openDump(files.dump, noting);
  const text = await readLogText(files, dump, noting);
  const log = text === null ? null : readKernelLog(text);
  const identity = completed(withFileBytes(dump.path, readIdentity), log);
  const symbols = options.symbols === null ? null : await findSymbols(identity, options.symbols, noting);
  const [drgn, crash] =
    symbols !== null && 'vmlinux' in symbols
      ? await bothReadings(dump.path, symbols, options.script, noting)
      : [UNREAD, UNREAD];
  const spare = drgn.answer?.log ?? crash.answer?.log ?? null;
  return conclude(
    {
      dump: { file: files.dump, format: dump.format, bytes: dump.bytes },
      identity,
      log: log ?? (spare === null ? null : readKernelLog(spare)),
      symbols,
      drgn: drgn.answer,
      crash: crash.answer,
      findings: [...drgn.findings, ...crash.findings],
      sources,
    },
    options.knowledge,
  );
}

const UNREAD = { answer: null, findings: [] } as const satisfies Reading<never>;

/** Both at once: crash takes ten times as long. */
async function bothReadings(
  dump: string,
  symbols: Symbols,
  script: string,
  work: Work,
): Promise<readonly [Reading<DrgnAnswer>, Reading<CrashAnswer>]> {
  const stop = new AbortController();
  const second = crashReading(dump, symbols, { ...work, signal: AbortSignal.any([work.signal, stop.signal]) });
  // An interruption ends both; only the first to end is told about it.
  second.catch(() => undefined);
  try {
    const first = await drgnReading(dump, symbols, script, work);
    return [first, await second];
  } catch (error) {
    // Without drgn there is no analysis, so nobody waits for crash.
    stop.abort();
    await second.catch(() => undefined);
    throw error;
  }
}

async function drgnReading(dump: string, symbols: Symbols, script: string, work: Work): Promise<Reading<DrgnAnswer>> {
  const ended = await runDrgn(dump, symbols, script, work);
  work.source({ tool: 'drgn', what: 'read tasks, memory and workqueues', ms: ended.ms });
  const answer = parseDrgn(ended.stdout);
  if (answer.kernel !== null || answer.tasks !== null) return { answer, findings: [] };
  const text = `drgn cannot read this dump: ${lastWords({ ...ended, stdout: '' })}`;
  return { answer: null, findings: [{ level: 'broken', text, remedy: 'a newer drgn may read this kernel' }] };
}

/** A second opinion is worth having and not worth failing for. */
async function crashReading(dump: string, symbols: Symbols, work: Work): Promise<Reading<CrashAnswer>> {
  try {
    const ended = await runCrash(dump, symbols, work);
    work.source({ tool: 'crash', what: 'gave a second opinion', ms: ended.ms });
    const answer = parseCrash(ended.stdout, ended.stderr);
    if (answer.system.size > 0 || answer.tasks !== null) return { answer, findings: [] };
    const text = `crash cannot read this dump: ${lastWords(ended)}`;
    return { answer: null, findings: [{ level: 'note', text, remedy: 'a newer crash may read this kernel' }] };
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.code !== 'E_LOCAL_TOOL') throw error;
    const text = `There is no second opinion: ${error.message}.`;
    return { answer: null, findings: [{ level: 'note', text, remedy: error.hint ?? null }] };
  }
}

/** An ELF dump does not say `uname -v`; the log does, unless it has been overwritten. */
function completed(identity: DumpIdentity, log: KernelLog | null): DumpIdentity {
  return {
    ...identity,
    release: identity.release ?? log?.release ?? null,
    version: identity.version ?? log?.version ?? null,
  };
}
