import { guestTemplate, type GuestTemplates } from '../../plan/guest-template.ts';
import { command, quote } from '../../shell.ts';
import type { Choice } from './choose.ts';
import { bpftraceProgram, bpftraceString, toolArguments } from './program.ts';
import type { TraceRequest } from './request.ts';
import type { ToolRule } from './rules.ts';

/** What a tool may print; what is over that is cut off, and said so. */
const MAX_KIB = 32 * 1024;
/** For printing at the end, with the symbols of a busy machine. */
const PRINTING_S = 120;

/** The look for tools: what the rules name, then templates/guest/trace-look.sh. */
export function lookScript(templates: GuestTemplates, rules: readonly ToolRule[]): string {
  const programs = rules.flatMap(({ modes }) => Object.values(modes).flatMap((mode) => mode.programs));
  const packages = rules.map((rule) => rule.package);
  const words = (list: readonly string[]): string => quote([...new Set(list)].join(' '));
  return `PROGRAMS=${words(programs)}\nPACKAGES=${words(packages)}\n${guestTemplate(templates, 'trace-look.sh')}`;
}

export interface RunScript {
  readonly text: string;
  /** Seconds after which the guest itself ends the tool, whoever is still there. */
  readonly boundSeconds: number;
}

/** @param run names what is on the guest while it runs; letters and digits */
export function runScript(templates: GuestTemplates, choice: Choice, request: TraceRequest, run: string): RunScript {
  const { target } = request;
  const { name, startup } = choice.tool;
  const isBpftrace = name === 'bpftrace';
  const boundSeconds = startup + Math.ceil(request.durationMs / 1000) + PRINTING_S;
  const program = isBpftrace ? bpftraceProgram(guestTemplate(templates, `trace-${request.mode}.bt`), request) : '';
  const argv = name === 'bpftrace' ? ['-B', 'line'] : toolArguments(name, request);
  const settings = {
    RUN: run,
    PROGRAM: choice.path,
    BOUND: String(boundSeconds),
    TARGET: target.kind,
    VALUE: valueOf(request),
    QUOTED: target.kind === 'process' ? bpftraceString(target.comm) : '',
    BT: program,
    PID_FLAG: isBpftrace ? '' : '-p',
    MAX_KIB: String(MAX_KIB),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${quote(value)}`);
  return {
    text: `${lines.join('\n')}\nset -- ${command(argv)}\n${guestTemplate(templates, 'trace-run.sh')}`,
    boundSeconds,
  };
}

/** Ends a running trace, which then prints what it has. */
export function stopScript(templates: GuestTemplates, run: string): string {
  return `RUN=${quote(run)}\n${guestTemplate(templates, 'trace-stop.sh')}`;
}

function valueOf({ target }: TraceRequest): string {
  switch (target.kind) {
    case 'all':
      return '';
    case 'process':
      return target.comm;
    case 'cgroup':
      return target.path;
    default:
      return String(target.id);
  }
}
