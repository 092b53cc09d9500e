import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { readRun } from '../journal/read.ts';
import { renderJunit } from '../report/run/junit.ts';
import { renderRunHtml } from '../report/run/run-html.ts';
import { tellRun } from '../report/run/run-story.ts';
import { writeReport } from '../report/run/write-report.ts';
import { loadPage } from '../shipped/pages.ts';
import { textFlag } from './flags.ts';
import type { Run } from './program.ts';

const RUNS = join('.provision', 'runs');

/** `provision runs report [ID] [--html FILE] [--junit FILE]`: a run, the last one if none is named, as files. */
export const run: Run = ({ args, flags }) => {
  const [id = newestRun(), ...more] = args;
  if (more.length > 0) throw new ProvisionError('E_USAGE', 'runs report takes one run');
  const junit = textFlag(flags, 'junit');
  const html = textFlag(flags, 'html') ?? (junit === undefined ? join(RUNS, id, 'report.html') : undefined);
  if (html === '-' && junit === '-') throw new ProvisionError('E_USAGE', 'only one of --html and --junit can be -');
  const story = tellRun(readRun(RUNS, id));
  if (html !== undefined) writeReport(html, renderRunHtml(story, loadPage('run')), process.stdout, process.stderr);
  if (junit !== undefined) writeReport(junit, renderJunit(story), process.stdout, process.stderr);
  return Promise.resolve(0);
};

/** Ids sort by time. @throws ProvisionError E_USAGE */
function newestRun(): string {
  let names: string[] = [];
  try {
    names = readdirSync(RUNS).sort();
  } catch {
    // No folder, no runs.
  }
  const newest = names.at(-1);
  if (newest === undefined) {
    throw new ProvisionError('E_USAGE', `there are no runs in ${RUNS}`, {
      hint: 'an apply writes one, in the folder where it is started',
    });
  }
  return newest;
}
