import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Analysis } from '../../crash/analysis/analysis.ts';
import { analyzeDump } from '../../crash/analysis/analyze.ts';
import type { SymbolWishes } from '../../crash/analysis/symbols/symbols.ts';
import type { Work } from '../../crash/analysis/work.ts';
import { ProvisionError } from '../../errors.ts';
import { AnalysisReport } from '../../report/analysis/analysis-report.ts';
import { megabytes } from '../../report/quantities.ts';
import { loadDistributions } from '../../shipped/catalogue.ts';
import { loadCrashKnowledge, loadDebugFiles } from '../../shipped/crash-knowledge.ts';
import { shippedPath } from '../../shipped/files.ts';
import { loadPage } from '../../shipped/pages.ts';
import { textFlag } from '../flags.ts';
import { wantsColor } from '../output.ts';
import type { Flags, Invocation, Run } from '../program.ts';
import { confirmDownload } from '../questions.ts';
import { dumpsFolder } from './folder.ts';

/** `provision dumps analyze FILE.. | GUEST..`: what a dump tells, read on this machine. */
export const run: Run = async ({ args, flags, stopping }) => {
  const paths = args.map((word) => dumpPath(word, dumpsFolder(flags)));
  const html = textFlag(flags, 'html');
  checkUsage(paths, html);
  const report = reportFor(flags);
  const knowledge = loadCrashKnowledge();
  const symbols = flags['symbols'] === false ? null : symbolWishes(flags);
  const work = workFor(report, stopping);
  for (const path of paths) {
    const analysis: Analysis = await analyzeDump(path, { symbols, knowledge, script: shippedPath(SCRIPT) }, work);
    report.show(analysis);
    if (html !== undefined) report.writeHtml(html, analysis, loadPage('analysis'));
  }
  return 0;
};

const SCRIPT = 'templates/analysis/vmcore.py';

function checkUsage(paths: readonly string[], html: string | undefined): void {
  if (paths.length === 0) {
    throw new ProvisionError('E_USAGE', 'dumps analyze needs a dump, its folder, or a guest whose dump was fetched');
  }
  if (html !== undefined && paths.length > 1) {
    throw new ProvisionError('E_USAGE', '--html takes one dump: a report is about one crash');
  }
}

/** A path as it is, else a guest's fetched dumps. @throws ProvisionError E_USAGE */
function dumpPath(word: string, fetched: string): string {
  if (existsSync(word)) return word;
  const folder = join(fetched, word);
  if (!word.includes('/') && existsSync(folder)) return folder;
  throw new ProvisionError(
    'E_USAGE',
    `there is no file or folder ${word}, and no fetched dump of a guest of that name`,
    {
      hint: `a guest's dump is fetched first: provision dumps fetch ${word.includes('/') ? 'GUEST' : word}`,
    },
  );
}

function symbolWishes(flags: Flags): SymbolWishes {
  return {
    given: textFlag(flags, 'vmlinux') ?? null,
    distributions: loadDistributions(),
    files: loadDebugFiles(),
    mayDownload: (name, bytes) =>
      flags['download'] === true
        ? Promise.resolve(true)
        : confirmDownload(name, bytes === null ? null : megabytes(bytes)),
  };
}

function workFor(report: AnalysisReport, signal: Invocation['stopping']): Work {
  const cache = process.env['XDG_CACHE_HOME'] ?? '';
  return {
    signal,
    cache: join(cache === '' ? join(homedir(), '.cache') : cache, 'provision'),
    step: (text, run) => report.step(text, run),
    source: () => undefined,
  };
}

function reportFor(flags: Flags): AnalysisReport {
  return new AnalysisReport({
    stdout: process.stdout,
    stderr: process.stderr,
    json: flags['json'] === true,
    color: wantsColor(flags, process.stdout),
    tty: process.stderr.isTTY && flags['quiet'] !== true,
  });
}
