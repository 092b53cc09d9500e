import type { Event } from '../events.ts';
import type { ExplainedGroup } from '../investigate/explaining/explain-groups.ts';
import type { StacksRead } from '../investigate/reading/read-traces.ts';
import type { Look } from './cells.ts';
import { createPaint } from './colors.ts';
import { formatExplained } from './explained-groups.ts';
import { toNdjson } from './ndjson.ts';
import { lineWidthOf, Writer, type Output } from './writer.ts';

interface ExplainReportOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly json: boolean;
  readonly color: boolean;
  readonly verbosity: Look['verbosity'];
  readonly now: () => Date;
}

/** Shows what a text's stacks mean: to people as pages, to programs as events. */
export function reportExplained(
  groups: readonly ExplainedGroup[],
  read: StacksRead,
  source: string,
  options: ExplainReportOptions,
): void {
  const writer = new Writer(options.stdout, options.stderr);
  if (options.json) {
    for (const event of explainEvents(groups, read, source)) writer.raw(toNdjson(event, options.now()));
    return;
  }
  const look: Look = { width: lineWidthOf(options.stdout), verbosity: options.verbosity };
  writer.results(formatExplained(groups, read, source, look), createPaint(options.color));
}

/** One event for each match of each stack, the best of the most certain stack first; then what was read. */
export function explainEvents(groups: readonly ExplainedGroup[], read: StacksRead, source: string): Event[] {
  return [
    ...groups.flatMap(matchEvents),
    {
      kind: 'explain.read',
      source,
      lines: read.lines,
      stacks: read.count,
      different: groups.length,
      dropped: read.dropped,
      release: read.release,
    },
  ];
}

function matchEvents({ explanation, trace, tasks, count, weight }: ExplainedGroup): Event[] {
  const { frames, age, subsystem, matches } = explanation;
  const about = {
    task: tasks[0] ?? null,
    tasks: tasks.length,
    state: trace.state,
    blockedSeconds: trace.blockedSeconds,
    blockedOn: trace.blockedOn ?? null,
    cpu: trace.cpu,
    trace: trace.kind,
    line: trace.line,
    count,
    weight,
    headline: trace.headline,
    subsystem,
    age,
    frames: frames.map(({ frame, note }) => ({ ...frame, note })),
  };
  if (matches.length === 0) {
    const next = explanation.general ?? [];
    return [{ kind: 'explain.match', signature: null, category: 'unknown', confidence: 0, ...about, next, fixes: [] }];
  }
  return matches.map(({ signature, category, confidence, title, meaning, next, fixes, mitigations, references }) => ({
    kind: 'explain.match',
    signature,
    category,
    confidence,
    ...about,
    title,
    meaning,
    next,
    fixes,
    mitigations,
    references,
  }));
}
