import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { newestRun, readRun } from '../journal/read.ts';
import { renderJunit } from '../report/run/junit.ts';
import { renderRunHtml } from '../report/run/run-html.ts';
import { tellRun } from '../report/run/run-story.ts';
import { writeReport } from '../report/run/write-report.ts';
import { loadPage } from '../shipped/pages.ts';
import { textFlag } from './flags.ts';
import { runsFolder } from './journal.ts';
import type { Run } from './program.ts';

/** `provision runs report [ID] [--html FILE] [--junit FILE]`: a run, the last one if none is named, as files. */
export const run: Run = ({ args, flags }) => {
  const folder = runsFolder(flags);
  const [id = newestRun(folder), ...more] = args;
  if (more.length > 0) throw new ProvisionError('E_USAGE', 'runs report takes one run');
  const junit = textFlag(flags, 'junit');
  const html = textFlag(flags, 'html') ?? (junit === undefined ? join(folder, id, 'report.html') : undefined);
  if (html === '-' && junit === '-') throw new ProvisionError('E_USAGE', 'only one of --html and --junit can be -');
  const story = tellRun(readRun(folder, id));
  if (html !== undefined) writeReport(html, renderRunHtml(story, loadPage('run')), process.stdout, process.stderr);
  if (junit !== undefined) writeReport(junit, renderJunit(story), process.stdout, process.stderr);
  return Promise.resolve(0);
};
