import type { Trace, TraceKind } from '../trace.ts';
import { accepts, continues, isRemark, KIND_OF_SHAPE } from './belonging.ts';
import { readPlainFrame, type FrameLine } from './frame-line.ts';
import { recogniseFrame } from './frame-forms.ts';
import { detached, FrameTable } from './frame-table.ts';
import { readHeading, type Heading } from './headings.ts';
import { HeldLocks, type ContendedLock } from './held-locks.ts';
import { isMarker, readMapEnd, readMapStart, type Marker } from './markers.ts';
import { OneLineStacks } from './one-line-stacks.ts';
import { OpenTrace } from './open-trace.ts';
import { plainLine, type PlainLine } from './stamps.ts';
import { readBlockedOn, readRelease, readReportHead, readWho, type ReportHead } from './report-line.ts';

/** Lines without a meaning that may stand before the frames of a report, in them, and in the chains of lockdep. */
const PATIENCE = { before: 200, within: 30, lockdep: 5000 } as const;
/** CPUs and tasks that print at the same time. */
const MOST_CALLERS = 256;
const LONGEST_HEADLINE = 300;

/**
 * Reads stacks out of lines, one line at a time, and hands each on as soon as it is complete. What it keeps does not grow with
 * the text: the open stacks of a bounded number of CPUs, and a bounded table of functions.
 */
export class TraceReader {
  readonly #sink: (trace: Trace) => void;
  readonly #open = new Map<string, OpenTrace>();
  readonly #frames = new FrameTable();
  readonly #short = new OneLineStacks();
  readonly #locks = new HeldLocks();
  #heading: Heading | null = null;
  #unsure = false;
  #line = 0;
  #release: string | null = null;

  constructor(sink: (trace: Trace) => void) {
    this.#sink = sink;
  }

  get lines(): number {
    return this.#line;
  }

  /** `uname -r` of the kernel that wrote it, as the text told it last. */
  get release(): string | null {
    return this.#release;
  }

  /** Locks that tasks wait for, where lockdep has listed them. */
  get locks(): readonly ContendedLock[] {
    return this.#locks.contended();
  }

  line(raw: string): void {
    this.#line += 1;
    if (raw === '') {
      this.#blank('', this.#open.get(''));
      return;
    }
    const plain = plainLine(raw);
    const { text, caller } = plain;
    const open = this.#open.get(caller);
    // Half of the lines of a bad log are frames, and nothing else begins like one.
    const frame = readPlainFrame(text);
    if (frame !== null && this.#frame(frame, plain, open)) return;
    this.#locks.line(text);
    if (text.trim() === '') this.#blank(caller, open);
    else if (!this.#structure(plain, open) && !this.#anyFrame(plain, open) && !this.#oneLine(text)) {
      this.#other(plain, open);
    }
  }

  end(): void {
    for (const caller of [...this.#open.keys()]) this.#close(caller);
  }

  /** Whatever begins, ends or divides stacks. */
  #structure(plain: PlainLine, open: OpenTrace | undefined): boolean {
    const { text, caller } = plain;
    const blockedOn = readBlockedOn(text);
    if (blockedOn !== null) {
      if (open) open.blockedOn = blockedOn;
      this.#close(caller);
      return true;
    }
    const head = readReportHead(text);
    if (head !== null) return this.#head(head, plain, open);
    const marker = isMarker(text);
    if (marker !== null) return this.#marker(marker, caller, open);
    const map = readMapStart(text);
    if (map !== null) {
      this.#begin(caller, 'bpf', false).task = map.task;
      return true;
    }
    const end = open?.kind === 'bpf' ? readMapEnd(text) : null;
    if (end !== null && open) {
      open.closed ||= open.started;
      open.task ??= end.task;
      open.weight = end.weight ?? open.weight;
      if (end.weight !== null) this.#close(caller);
      return true;
    }
    const heading = plain.stamped ? null : readHeading(text);
    if (heading === null) return false;
    const sameFile = heading.rest !== '' && heading.task !== null && open?.task?.pid === heading.task.pid;
    if (!sameFile) this.#close(caller);
    this.#heading = sameFile ? null : heading;
    if (heading.crash) this.#begin(caller, 'crash_bt', false);
    if (heading.rest !== '') this.#restOfLine(heading.rest, caller);
    return true;
  }

  #head(head: ReportHead, { text, caller }: PlainLine, open: OpenTrace | undefined): boolean {
    if (open && continues(open, head)) {
      open.task = head.task ?? open.task;
      open.state = head.state ?? open.state;
      open.cpu ??= head.cpu;
      return true;
    }
    const fresh = this.#begin(caller, head.kind, false);
    fresh.task = head.task;
    fresh.state = head.state;
    fresh.blockedSeconds = head.blockedSeconds;
    fresh.cpu = head.cpu;
    fresh.echo = head.echo === true;
    fresh.headline = detached(text.trim().replaceAll(/\s+/g, ' ').slice(0, LONGEST_HEADLINE));
    return true;
  }

  #marker(marker: Marker, caller: string, open: OpenTrace | undefined): boolean {
    if (marker === 'begin') {
      // A second trace of one report is about something else.
      const into =
        open === undefined || (open.started && open.length > 0) ? this.#begin(caller, 'backtrace', false) : open;
      into.started = true;
    } else if (open) {
      open.idle = 0;
      if (marker === 'section') open.beginSection();
      else if (marker === 'section end') open.endSection();
      else if (open.bare) this.#close(caller);
      else open.closed = open.started;
    }
    return true;
  }

  /** A frame in any form, the registers' too. */
  #anyFrame(plain: PlainLine, open: OpenTrace | undefined): boolean {
    const { text, caller } = plain;
    const found = recogniseFrame(text, plain.stamped && open?.started !== true);
    if (found === null) return text.includes('+0x') && this.#oneLine(text);
    if (found.what === 'frame') return this.#frame(found.frame, plain, open);
    if (found.what === 'top') open?.addTop(this.#frames.frame(found.frame));
    else if (found.what === 'end') {
      if (open?.bare === true) this.#close(caller);
    } else {
      const fits = open?.outermost === found.callee.name || this.#frame(found.callee, plain, open);
      return fits && this.#frame(found.caller, plain, this.#open.get(caller));
    }
    return true;
  }

  #frame(frame: FrameLine, plain: PlainLine, open: OpenTrace | undefined): boolean {
    if (open !== undefined && !accepts(open, frame)) {
      if (!open.bare) return false;
      this.#close(plain.caller);
      return this.#frame(frame, plain, undefined);
    }
    const into = this.#place(open, frame, plain);
    into.add(this.#frames.frame(this.#unsure ? { ...frame, unsure: true } : frame), frame.shape);
    this.#unsure = false;
    return true;
  }

  /** The stack that a frame belongs to: the open one, or the next. */
  #place(open: OpenTrace | undefined, frame: FrameLine, { caller, stamped }: PlainLine): OpenTrace {
    const spaced = open?.gap === true && open.bare && open.length > 1 && open.gaps < open.length;
    const again = frame.number === 0 && (open?.length ?? 0) > 0;
    const other = frame.ofProc === true && open?.bare === false && open.length > 0 && open.kind !== 'proc';
    const next = other || (open !== undefined && !frame.unsure && open.endsBefore(frame.name));
    // Behind the end of a trace the next one begins, unless it is the rest of a map's key, or a history that nobody asked for.
    const over = open?.closed === true && open.kind !== null && open.kind !== 'bpf';
    if (open !== undefined && !spaced && !again && !next && !over && !(open.bare && open.closed)) return open;
    const kind = stamped ? 'backtrace' : KIND_OF_SHAPE[frame.shape];
    return this.#begin(caller, open?.kind === 'crash_bt' ? 'crash_bt' : kind, true);
  }

  /** Stacks that are one line. */
  #oneLine(text: string): boolean {
    const read = this.#short.line(text);
    if (read === null) return false;
    if (read === 'goes on') return true;
    const { kind, task, frames, weight } = read;
    const whose = kind === 'proc' ? (this.#heading?.task ?? null) : task;
    this.#sink({
      kind,
      task: whose === null ? null : { pid: whose.pid, comm: detached(whose.comm) },
      state: null,
      blockedSeconds: null,
      cpu: null,
      frames: frames.map((frame) => this.#frames.frame(frame)),
      headline: null,
      line: this.#line,
      weight,
    });
    return true;
  }

  #blank(caller: string, open: OpenTrace | undefined): void {
    if (open === undefined) return;
    if (open.bare || open.kind === 'crash_bt') {
      if (!open.gap) open.gaps += 1;
      open.gap = true;
    } else this.#lose(caller, open);
  }

  /** A line that says nothing about a stack, or something about whose it is. */
  #other({ text, caller }: PlainLine, open: OpenTrace | undefined): void {
    const who = readWho(text);
    const release = who?.release ?? readRelease(text);
    if (release !== null) this.#release = detached(release);
    if (who !== null) {
      const into = open === undefined || open.length > 0 ? this.#begin(caller, 'backtrace', false) : open;
      into.idle = 0;
      into.task ??= { pid: who.task.pid, comm: detached(who.task.comm) };
      into.cpu ??= who.cpu;
      return;
    }
    // Mail programs break lines behind the question mark.
    this.#unsure = text.trim() === '?';
    if (open === undefined || this.#unsure || (open.bare && isRemark(text))) return;
    const sleeper = /^\s+-\s+(.{1,32}) \((\d+)\)$/.exec(text);
    const weight = open.closed && open.bare ? /^\s+(\d{1,15})$/.exec(text)?.[1] : undefined;
    // bcc's table: the frames, then who they are of, then for how long.
    if (sleeper && open.bare) {
      open.task = { comm: detached(sleeper[1] ?? ''), pid: Number(sleeper[2]) };
      open.kind = 'bpf';
      open.closed = true;
    } else if (weight !== undefined) {
      open.weight = Number(weight);
      this.#close(caller);
    } else if (open.bare) this.#close(caller);
    else this.#lose(caller, open);
  }

  /** A report that was cut off must not take in the frames of another one, much later. */
  #lose(caller: string, open: OpenTrace): void {
    open.idle += 1;
    const patience =
      open.kind === 'lockdep' ? PATIENCE.lockdep : open.started && open.length > 0 ? PATIENCE.within : PATIENCE.before;
    if (open.idle > patience) this.#close(caller);
  }

  /** Reads the rest of a line as a line of its own. */
  #restOfLine(text: string, caller: string): void {
    const plain = { text, caller, stamped: false };
    if (!this.#anyFrame(plain, this.#open.get(caller))) this.#other(plain, this.#open.get(caller));
  }

  #begin(caller: string, kind: TraceKind | null, bare: boolean): OpenTrace {
    this.#close(caller);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST_CALLERS && oldest !== undefined) this.#close(oldest);
    const open = new OpenTrace(kind, this.#line, bare);
    const heading = this.#heading;
    if (heading !== null && (bare || heading.crash)) {
      open.task = heading.task;
      open.state = heading.state;
      open.blockedSeconds = heading.blockedSeconds;
      open.cpu = heading.cpu;
      if (!heading.crash || kind === 'crash_bt') this.#heading = null;
    }
    this.#open.set(caller, open);
    return open;
  }

  #close(caller: string): void {
    const trace = this.#open.get(caller)?.close() ?? null;
    this.#open.delete(caller);
    if (trace !== null) this.#sink(trace);
  }
}
