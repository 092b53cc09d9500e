import type { Frame, Task } from '../analysis.ts';

/** What crash is asked. Its exit code says nothing, so the answers are told apart by marks. */
export const CRASH_COMMANDS = ['sys', 'ps', 'kmem -i', 'foreach UN bt', 'log'] as const;
type CrashCommand = (typeof CRASH_COMMANDS)[number];

const MARK = '=== provision: ';

/** What crash said. */
export interface CrashAnswer {
  /** `RELEASE`, `PANIC`, `TASKS` and the other rows of `sys`. */
  readonly system: ReadonlyMap<string, string>;
  /** Null when `ps` was not answered. Stacks only of those in D state. */
  readonly tasks: readonly Task[] | null;
  /** Total and free memory in bytes, from `kmem -i`. */
  readonly memory: { readonly total: number; readonly free: number } | null;
  readonly log: string | null;
  /** Warnings and errors, each once. */
  readonly complaints: readonly string[];
}

/** Commands for `crash -i`: `gdb printf` is what prints a mark into the same stream. */
export function crashInput(commands: readonly string[]): string {
  return [...commands.flatMap((command) => [`gdb printf "${MARK}${command}\\n"`, command]), 'quit', ''].join('\n');
}

export function parseCrash(stdout: string, stderr: string): CrashAnswer {
  const [start = '', ...parts] = stdout.split(MARK);
  const answers = new Map(parts.map((part) => splitOnce(part, '\n')));
  const answer = (command: CrashCommand): string | null => answers.get(command) ?? null;
  const stacks = readStacks(answer('foreach UN bt') ?? '');
  return {
    system: readSystem(answer('sys') ?? ''),
    tasks: answer('ps') === null ? null : readTasks(answer('ps') ?? '', stacks),
    memory: readMemory(answer('kmem -i') ?? ''),
    log: answer('log'),
    complaints: complaintsIn(`${start}\n${stderr}`),
  };
}

function readSystem(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const match = /^\s*([A-Z][A-Z ]*?): (.+)$/.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2].trim()]];
    }),
  );
}

/** `>  PID  PPID  CPU  TASK  ST  %MEM  VSZ  RSS  COMM`; kernel threads stand in brackets. The idle tasks have pid 0. */
const PS_ROW = /^[>\s]\s*(\d+)\s+(-?\d+)\s+(\d+)\s+[0-9a-f]+\s+([A-Z]{2})\s+\S+\s+\d+\s+\d+\s+(.*)$/;
const STATES: Readonly<Record<string, string>> = {
  RU: 'R',
  IN: 'S',
  UN: 'D',
  ST: 'T',
  TR: 't',
  ZO: 'Z',
  DE: 'X',
  ID: 'I',
  NE: 'N',
  PA: 'P',
};

function readTasks(text: string, stacks: ReadonlyMap<number, readonly Frame[]>): Task[] {
  return text.split('\n').flatMap((line): Task[] => {
    const [whole, pid, parent, cpu, state = '', comm = ''] = PS_ROW.exec(line) ?? [];
    if (whole === undefined || pid === '0') return [];
    return [
      {
        pid: Number(pid),
        comm: comm.replace(/^\[(.*)\]$/, '$1'),
        state: STATES[state] ?? '?',
        cpu: Number(cpu),
        parent: Number(parent) < 0 ? null : Number(parent),
        blockedNs: null,
        killable: false,
        stack: stacks.get(Number(pid)) ?? [],
        stackError: null,
      },
    ];
  });
}

/** `PID: 471  TASK: ..  CPU: 0  COMMAND: "Xorg"`, then ` #0 [ffff...] __schedule at ffffffff... [module]`. */
function readStacks(text: string): Map<number, Frame[]> {
  const stacks = new Map<number, Frame[]>();
  let current: Frame[] = [];
  for (const line of text.split('\n')) {
    const pid = /^PID: (\d+)\s+TASK: /.exec(line)?.[1];
    if (pid !== undefined) {
      current = [];
      stacks.set(Number(pid), current);
    }
    const frame = /^\s*#\d+ \[[0-9a-f]+\] (\S+) at [0-9a-f]+(?: \[(\S+)\])?/.exec(line);
    if (frame?.[1] !== undefined)
      current.push({ function: frame[1], source: null, inline: false, module: frame[2] ?? null });
  }
  return stacks;
}

/** `   TOTAL MEM   437556       1.7 GB   ----`: pages, whose size only the other column tells. */
function readMemory(text: string): CrashAnswer['memory'] {
  const row = (label: string): number | null => {
    const match = new RegExp(`^\\s*${label}\\s+\\d+\\s+([\\d.]+) ([KMGT]?)B`, 'm').exec(text);
    if (match?.[1] === undefined) return null;
    return Math.round(Number(match[1]) * 1024 ** ' KMGT'.indexOf(match[2] === '' ? ' ' : (match[2] ?? ' ')));
  };
  const [total, free] = [row('TOTAL MEM'), row('FREE')];
  return total === null || free === null ? null : { total, free };
}

function complaintsIn(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines.filter((line) => /^(?:WARNING|crash):/i.test(line)))].slice(0, 10);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
