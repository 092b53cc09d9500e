import { blockedThroughout, parseBlocked, type BlockedThread } from './blocked.ts';
import { parseBcc } from './bcc-output.ts';
import { parseBpftrace } from './bpftrace-output.ts';
import { parseLibbpf } from './libbpf-output.ts';
import type { Recorded } from './recorded.ts';
import type { TraceRequest } from './request.ts';
import type { ToolName } from './rules.ts';

/** What came of a trace on one guest. */
export interface TraceAnswer extends Recorded {
  /** The tool's; null: it never came to that. */
  readonly exitCode: number | null;
  /** The person ended it early. */
  readonly stopped: boolean;
  /** Bytes of the output were cut off. */
  readonly full: boolean;
  /** Processes and threads that the target was when the trace began. */
  readonly found: number;
  /** The cgroup is not there. */
  readonly absent: boolean;
  readonly stuck: readonly BlockedThread[];
  /** The tool's own last words. */
  readonly errors: readonly string[];
  /** Something of this process had the name only by its process, and the tool could not be told. */
  readonly byNameOnly: boolean;
  /** The tool was told of the one process that had the name when the trace began. */
  readonly narrowed: boolean;
}

const PARSERS = { bpftrace: parseBpftrace, bcc: parseBcc, libbpf: parseLibbpf };

/** Reads the sections of templates/guest/trace-run.sh. */
export function parseAnswer(sections: ReadonlyMap<string, Buffer>, tool: ToolName, request: TraceRequest): TraceAnswer {
  const text = (name: string): string => sections.get(name)?.toString('utf8') ?? '';
  const result = text('result').split('\n');
  const exit = result.find((line) => line.startsWith('exit '));
  const target = text('target').split('\n');
  const recorded = PARSERS[tool](text('output'), request.mode);
  const byNameOnly = tool !== 'bpftrace' && request.target.kind === 'process' && !target.includes('narrowed');
  const { target: wanted } = request;
  const waits =
    byNameOnly && wanted.kind === 'process'
      ? recorded.waits.filter(({ comm }) => comm === wanted.comm)
      : recorded.waits;
  return {
    ...recorded,
    waits,
    byNameOnly,
    narrowed: target.includes('narrowed'),
    exitCode: exit === undefined ? null : Number(exit.slice(5)),
    stopped: result.includes('stopped'),
    full: result.includes('full'),
    found: target.filter((line) => /^(process|thread) /.test(line)).length,
    absent: target.some((line) => line.startsWith('absent ')),
    stuck: blockedThroughout(parseBlocked(text('before')), parseBlocked(text('after'))),
    errors: text('errors')
      .split('\n')
      .filter((line) => line.trim() !== ''),
  };
}
