import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { explainTrace } from '../../../src/investigate/explaining/explain-trace.ts';
import { readTraces } from '../../../src/investigate/reading/read-traces.ts';
import { loadExplainKnowledge } from '../../../src/shipped/explain-knowledge.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/hangs/', import.meta.url));

/** A report that somebody published. */
export interface Report {
  readonly file: string;
  readonly source: string;
  /** The category of each of its stacks, in their order; `unknown`: no signature should fit. */
  readonly expect: readonly string[];
  readonly text: string;
}

export function loadReports(): Report[] {
  const index = parse(readFileSync(`${FOLDER}index.yaml`, 'utf8')) as { reports: Omit<Report, 'text'>[] };
  return index.reports.map((report) => ({ ...report, text: readFileSync(FOLDER + report.file, 'utf8') }));
}

const knowledge = loadExplainKnowledge();

/** What the best match of each stack of a text is, as `explain --json` gives it. */
export function categoriesOf(text: string): string[] {
  return readTraces(text.split('\n')).map((trace) => explainTrace(trace, knowledge).matches[0]?.category ?? 'unknown');
}

/** How well answers fit what was expected. */
export interface Score {
  /** Of the stacks that were given a category, how many got the right one. */
  readonly precision: number;
  /** Of the stacks that have a category, how many were given it. */
  readonly recall: number;
}

export function scoreOf(pairs: readonly { readonly expected: string; readonly got: string }[]): Score {
  const given = pairs.filter(({ got }) => got !== 'unknown');
  const wanted = pairs.filter(({ expected }) => expected !== 'unknown');
  const right = pairs.filter(({ expected, got }) => got === expected && got !== 'unknown').length;
  return { precision: right / given.length, recall: right / wanted.length };
}
