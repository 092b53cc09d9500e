import type { Frame, LogReport } from '../analysis.ts';
import { continues, readHeadline } from './headline.ts';
import { readLogLines, type LogLine } from './line.ts';
import { beginsTrace, endsTrace, readFrame, readTop } from './trace.ts';

/** What a kernel log says without any debug symbols. */
export interface KernelLog {
  /** `uname -r` and `uname -v`; null when the log was longer than the kernel's buffer. */
  readonly release: string | null;
  readonly version: string | null;
  readonly panic: LogPanic | null;
  readonly reports: readonly LogReport[];
  /** Letters of the taint flags as last printed; null when no line told. */
  readonly taint: readonly string[] | null;
  /** Seconds since boot of the last line. */
  readonly uptimeSeconds: number | null;
}

export interface LogPanic {
  readonly reason: string;
  readonly seconds: number | null;
  readonly task: { readonly pid: number; readonly comm: string; readonly cpu: number } | null;
  readonly stack: readonly Frame[];
}

const BANNER = /^Linux version (\S+) .*?(#\d.*)$/;
const PANIC = /^Kernel panic - not syncing: (.*)$/;
/** `CPU: 0 UID: 0 PID: 512 Comm: bash Kdump: loaded Tainted: G  W  6.12.48 #1`; UID since 6.12. */
const WHO =
  /^CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.+?) (?:Kdump: loaded )?(Not tainted|Tainted: .*?)\s+(\d+\.\d+\S*)/;
const TAINT = /^\s*(Not tainted|Tainted: .*?)\s+(\d+\.\d+\S*)/;
const MAX_FRAMES = 64;

/** A report whose lines are still coming. */
interface Open {
  report: LogReport | LogPanic;
  readonly stack: Frame[];
  inTrace: boolean;
  traced: boolean;
}

/**
 * Reads a kernel log: `dmesg.STAMP` of kdump-tools, or `makedumpfile --dump-dmesg`. Lines of several CPUs are told apart
 * where the kernel stamped them with their caller; where it did not, lines in between are passed over.
 */
export function readKernelLog(text: string): KernelLog {
  const reading = new Reading();
  for (const line of readLogLines(text)) reading.line(line);
  return reading.result();
}

class Reading {
  readonly #open = new Map<string, Open>();
  readonly #reports: Open[] = [];
  #panic: Open | null = null;
  #release: string | null = null;
  #version: string | null = null;
  #taint: readonly string[] | null = null;
  #uptime: number | null = null;

  line(line: LogLine): void {
    const { text, seconds, caller } = line;
    if (seconds !== null) this.#uptime = seconds;
    if (this.#begin(line)) return;
    const banner = BANNER.exec(text);
    if (banner) [this.#release, this.#version] = [banner[1] ?? null, banner[2] ?? null];
    this.#state(line);
    const open = this.#open.get(caller);
    if (open) this.#trace(open, line);
  }

  result(): KernelLog {
    return {
      release: this.#release,
      version: this.#version,
      panic: this.#panic === null ? null : (closed(this.#panic) as LogPanic),
      reports: this.#reports.map((open) => closed(open) as LogReport),
      taint: this.#taint,
      uptimeSeconds: this.#uptime,
    };
  }

  /** Begins a report when the line is the first of one. */
  #begin({ text, seconds, caller }: LogLine): boolean {
    const reason = PANIC.exec(text)?.[1];
    if (reason !== undefined) {
      const open = opened({ reason, seconds, task: null, stack: [] });
      // The first panic counts: later ones are its echo on other CPUs.
      this.#panic ??= open;
      this.#open.set(caller, open);
      return true;
    }
    const headline = readHeadline(text);
    if (headline === null) return false;
    const before = this.#open.get(caller);
    if (before && !before.traced && 'kind' in before.report && continues(before.report.kind, headline.kind)) {
      if (headline.kind === 'oops') before.report = { ...before.report, kind: 'oops' };
      return true;
    }
    const open = opened({ ...headline, headline: squeezed(text), seconds, stack: [] });
    this.#reports.push(open);
    this.#open.set(caller, open);
    return true;
  }

  /** Who it was, and how tainted the kernel was at that moment. */
  #state({ text, caller }: LogLine): void {
    const who = WHO.exec(text);
    const [taint, release] = who ? [who[4], who[5]] : (TAINT.exec(text)?.slice(1) ?? []);
    if (taint !== undefined) this.#taint = lettersOf(taint);
    this.#release ??= release ?? null;
    const open = this.#open.get(caller);
    if (!who || !open || open.report.task !== null) return;
    open.report = { ...open.report, task: { pid: Number(who[2]), comm: who[3] ?? '', cpu: Number(who[1]) } };
  }

  #trace(open: Open, { text }: LogLine): void {
    if (beginsTrace(text) && !open.traced) open.inTrace = open.traced = true;
    else if (endsTrace(text)) open.inTrace = false;
    const top = open.traced ? null : readTop(text);
    if (top && open.stack.length === 0) open.stack.push(top);
    const read = open.inTrace ? readFrame(text) : null;
    if (read && !read.unsure && open.stack.length < MAX_FRAMES) open.stack.push(read.frame);
  }
}

function opened(report: LogReport | LogPanic): Open {
  return { report, stack: [], inTrace: false, traced: false };
}

function closed({ report, stack }: Open): LogReport | LogPanic {
  return { ...report, stack };
}

/** `Tainted: G        W  OE` or `Tainted: [W]=WARN, [O]=OOT_MODULE`. G is no flag: it says that P is not set. */
function lettersOf(taint: string): string[] {
  if (taint === 'Not tainted') return [];
  const named = [...taint.matchAll(/\[([A-Z])\]=/g)].map(([, letter]) => letter ?? '');
  return named.length > 0 ? named : (taint.slice('Tainted:'.length).match(/[A-FH-Z]/g) ?? []);
}

function squeezed(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, 300);
}
