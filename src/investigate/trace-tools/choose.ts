import type { Kit } from './kit.ts';
import type { TraceRequest } from './request.ts';
import type { ModeRule, Need, ToolName, ToolRule } from './rules.ts';

/** The tool that traces, and why no better one does. */
export interface Choice {
  readonly tool: ToolRule;
  readonly mode: ModeRule;
  /** Where it is on the guest. */
  readonly path: string;
  readonly script: boolean;
  readonly version: string | null;
  readonly because: string;
  readonly passedOver: readonly PassedOver[];
}

export interface PassedOver {
  readonly tool: ToolName;
  readonly reason: string;
}

/** Why nothing on this guest can do it. */
export interface NoTool {
  readonly passedOver: readonly PassedOver[];
}

/**
 * The first of the rules that the guest can run and that can do what is asked. A tool that the person names is taken
 * wherever its program is: who insists may know better than we do.
 */
export function chooseTool(kit: Kit, request: TraceRequest, rules: readonly ToolRule[]): Choice | NoTool {
  const passedOver: PassedOver[] = [];
  const wanted = request.tool === null ? rules : rules.filter(({ name }) => name === request.tool);
  for (const tool of wanted) {
    const mode = tool.modes[request.mode];
    const found = mode && programOf(kit, mode);
    const incapable = mode === undefined ? `it has no ${request.mode}` : inability(tool, mode, request);
    const lacks = found ? lackOf(kit, tool) : `${(mode?.programs ?? [tool.name])[0] ?? ''} is not there`;
    const reason = incapable ?? (found && request.tool !== null ? null : lacks);
    if (mode === undefined || found === undefined || reason !== null) {
      passedOver.push({ tool: tool.name, reason: reason ?? 'it is not there' });
      continue;
    }
    const version = kit.packages.get(tool.package) ?? null;
    const because = request.tool === null ? tool.because : insisted(tool.name, lacks);
    return { tool, mode, path: found.path, script: found.kind === 'script', version, because, passedOver };
  }
  return { passedOver };
}

function insisted(name: ToolName, lacks: string | null): string {
  return `--tool ${name} asks for it${lacks === null ? '' : `, though ${lacks}`}`;
}

function programOf(kit: Kit, mode: ModeRule): { kind: 'script' | 'binary'; path: string } | undefined {
  for (const name of mode.programs) {
    const program = kit.programs.get(name);
    if (program && !(mode.binary && program.kind === 'script')) return program;
  }
  return undefined;
}

function inability(tool: ToolRule, mode: ModeRule, request: TraceRequest): string | null {
  const { target, states, minUs, userStacks } = request;
  if (target.kind !== 'all' && !mode.targets.includes(target.kind)) return `it takes no ${target.kind}`;
  if (minUs > 0 && !mode.can.includes('min')) return 'it takes no shortest wait';
  if (userStacks && !mode.can.includes('user-stacks')) return 'it has no stacks of programs';
  if (states === null) return null;
  if (!mode.can.includes('state')) return 'it takes no state';
  // The others take a bit mask, in which R is no bit.
  if (tool.name !== 'bpftrace' && states.length > 1 && states.includes('R')) return 'it takes R only alone';
  return null;
}

const LACKS: { readonly [N in Need]: (kit: Kit) => string } = {
  btf: ({ kernel }) => `the kernel ${kernel} has no BTF`,
  headers: ({ kernel }) => `the headers of the running kernel are not there (linux-headers-${kernel})`,
  tracefs: () => 'tracefs is not mounted',
};

function lackOf(kit: Kit, tool: ToolRule): string | null {
  for (const need of tool.needs) if (!kit.has.has(need)) return LACKS[need](kit);
  const version = kit.packages.get(tool.package);
  if (tool.version !== null && version !== undefined && isOlder(version, tool.version))
    return `${tool.package} ${version} is too old: it takes ${tool.version}`;
  return null;
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let at = 0; at < (b?.length ?? 0); at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
