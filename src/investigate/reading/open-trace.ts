import type { BlockedOn, StackFrame, Trace, TraceKind, TraceTask } from '../trace.ts';
import type { FrameShape } from './frame-line.ts';
import { isDetector, isInterrupt, isRoot } from './roots.ts';

/** Reports that say something even when their stack was lost. */
const TELLS_WITHOUT: ReadonlySet<TraceKind> = new Set([
  'hung_task',
  'soft_lockup',
  'hard_lockup',
  'rcu_stall',
  'oops',
  'warning',
  'oom',
  'lockdep',
]);
const MOST_FRAMES = 128;
/** A list of functions is no stack. */
const MOST_BARE = 128;
const LEAST_NAMES = 2;
const SCHEDULER = /^(?:__)?schedule$|^io_schedule|^context_switch$/;

/** A stack whose lines are still coming. */
export class OpenTrace {
  kind: TraceKind | null;
  task: TraceTask | null = null;
  state: string | null = null;
  blockedSeconds: number | null = null;
  cpu: number | null = null;
  blockedOn: BlockedOn | null = null;
  headline: string | null = null;
  weight = 1;
  /** Without frames it says nothing. */
  echo = false;
  /** Its frames have begun. */
  started = false;
  /** Nothing of the kernel's stood before it: it ends where the frames end. */
  readonly bare: boolean;
  /** Lines that told nothing since the last that did. */
  idle = 0;
  /** An empty line stood behind the last frame; and how often one did. */
  gap = false;
  gaps = 0;
  /** Frames are read and left out: they belong to user space, or to another story. */
  closed = false;
  readonly line: number;
  readonly #frames: StackFrame[] = [];
  #names = 0;
  #read = 0;
  #rooted = false;
  #section = -1;
  #top = false;

  constructor(kind: TraceKind | null, line: number, bare: boolean) {
    this.kind = kind;
    this.line = line;
    this.bare = bare;
  }

  get length(): number {
    return this.#read;
  }

  /** The outermost function so far. */
  get outermost(): string | null {
    return this.#frames.at(-1)?.function ?? null;
  }

  /** Whether the next frame is too far out to belong to this stack. */
  endsBefore(name: string): boolean {
    return this.#rooted && !isRoot(name);
  }

  add(frame: StackFrame, shape: FrameShape): void {
    this.started = true;
    this.idle = 0;
    this.gap = false;
    if (this.closed) return;
    this.#read += 1;
    if (shape === 'name') this.#names += 1;
    if (!frame.unsure && isRoot(frame.function)) this.#rooted = true;
    // The registers have named the innermost function already.
    const repeats = this.#top && this.#frames.length === 1 && this.#frames[0]?.function === frame.function;
    this.#top &&= this.#frames.length === 0;
    if (!repeats && this.#frames.length < MOST_FRAMES) this.#frames.push(frame);
  }

  /** Where the CPU itself was. Registers that are printed again, or in between, stand where the function does. */
  addTop(frame: StackFrame): void {
    this.idle = 0;
    if (this.closed || (!this.started && this.#frames.length > 0)) return;
    // What stands before the second print of the same registers is the interrupt that reported them.
    if (this.#frames[0]?.function === frame.function) {
      this.#frames.length = 1;
      return;
    }
    this.#top = this.#frames.length === 0;
    if (this.#frames.length < MOST_FRAMES) this.#frames.push(frame);
  }

  /** `<IRQ>`, `<NMI>`: what comes now had interrupted what comes after it. */
  beginSection(): void {
    this.#section = this.#frames.length;
  }

  endSection(): void {
    if (this.#section < 0) return;
    const section = this.#frames.slice(this.#section);
    if (section.some((frame) => isDetector(frame.function))) this.#frames.length = this.#section;
    this.#section = -1;
    this.#rooted = false;
  }

  /** The stack as far as it has been read; null when there is none. */
  close(): Trace | null {
    if (this.kind === null) return null;
    const bareNames = this.bare && this.#names * 2 > this.#read;
    if (bareNames && !this.#looksLikeStack()) return null;
    if (this.#frames.length === 0 && (this.echo || !TELLS_WITHOUT.has(this.kind))) return null;
    return {
      kind: this.#kindFromFrames(this.kind),
      task: this.task,
      state: this.state,
      blockedSeconds: this.blockedSeconds,
      cpu: this.cpu,
      frames: this.#interrupted(),
      headline: this.headline,
      line: this.line,
      ...(this.blockedOn === null ? {} : { blockedOn: this.blockedOn }),
      weight: this.weight,
    };
  }

  /** Without `<IRQ>` marks, as on arm64: what a detector had interrupted begins behind the interrupt's entry. */
  #interrupted(): readonly StackFrame[] {
    const detector = this.#frames.findIndex((frame) => isDetector(frame.function));
    if (detector < 0) return this.#frames;
    const entry = this.#frames.findIndex((frame, index) => index > detector && isInterrupt(frame.function));
    return entry < 0 || entry === this.#frames.length - 1 ? this.#frames : this.#frames.slice(entry + 1);
  }

  /** Names alone may be words: a stack has several, and most of the kernel's have an underscore. */
  #looksLikeStack(): boolean {
    const underscored = this.#frames.filter((frame) => frame.function.includes('_')).length;
    return this.#read >= LEAST_NAMES && this.#read <= MOST_BARE && underscored * 2 >= this.#read;
  }

  /** /proc/PID/stack shows no frames of the scheduler, nor ones that it is unsure of. */
  #kindFromFrames(kind: TraceKind): TraceKind {
    const isLog = this.#frames.some((frame) => frame.unsure || SCHEDULER.test(frame.function));
    return kind === 'proc' && isLog ? 'backtrace' : kind;
  }
}
