import type { Ending } from './script-failure.ts';
import type { ScriptRun } from './script-run.ts';

/** After the shell's end: how long its last output may take, and how long others may hold its pipes open. */
const DRAIN_MS = 5000;
const LINGER_MS = 250;

/**
 * Waits for all that a shell printed, but not for a process that it left in the background, which may hold the other
 * end of the pipes for ever.
 */
export class ShellEnd {
  readonly #run: ScriptRun;
  readonly #letGo: () => void;
  #ending: Ending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(run: ScriptRun, letGo: () => void) {
    this.#run = run;
    this.#letGo = letGo;
  }

  /** Something was printed. */
  heard(): void {
    if (this.#ending) this.exited(this.#ending);
  }

  exited(ending: Ending): void {
    this.#ending = ending;
    this.#stopWaiting();
    this.#timer = setTimeout(
      () => {
        // Timers come before what is there to read: where many processes are started, this one may be seconds late, with
        // all of the output still in the pipe.
        this.#turn = setImmediate(() => {
          if (this.#run.held) {
            this.exited(ending);
            return;
          }
          this.#letGo();
          this.#run.closed(ending);
        });
      },
      this.#run.complete ? LINGER_MS : DRAIN_MS,
    );
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  closed(): void {
    this.#stopWaiting();
    this.#run.closed(this.#ending ?? { code: null });
  }
}
