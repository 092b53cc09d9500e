import { randomBytes } from 'node:crypto';
import { ProvisionError } from '../../errors.ts';
import type { GuestTemplates } from '../../plan/guest-template.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { Talk, Work } from '../../rollout/fleet.ts';
import { wakersOf } from '../flame/interrupts.ts';
import type { GuestWaits } from '../wait.ts';
import { parseAnswer, type TraceAnswer } from './answer.ts';
import { chooseTool, type Choice } from './choose.ts';
import { parseKit } from './kit.ts';
import { notesOf } from './notes.ts';
import { foldWaits } from './recorded.ts';
import { targetName, type TraceRequest } from './request.ts';
import type { ToolRule } from './rules.ts';
import { lookScript, runScript, stopScript } from './script.ts';

export interface TraceMeans {
  readonly templates: GuestTemplates;
  readonly rules: readonly ToolRule[];
  /** For the look; a trace has a bound of its own. */
  readonly lookMs: number;
  /** Functions in which an interrupt begins. */
  readonly interrupts: readonly string[];
  /** Takes what one guest gave, and what must be known of it. */
  readonly collect: (waits: GuestWaits, notes: readonly string[]) => void;
}

/** The reader that is gone is noticed by the guest within a second or two; this is for a guest that does not answer. */
const GRACE_MS = 60_000;

/** Traces one guest: looks what can, runs it, and hands on what it found. The first Ctrl-C ends the trace, not the result. */
export function traceGuest(request: TraceRequest, means: TraceMeans): Work {
  return async (conversation, talk) => {
    const guest = conversation.guest.name;
    const choice = await choose(conversation, request, means);
    talk.emit({
      kind: 'guest.trace-tool',
      guest,
      tool: choice.tool.name,
      program: choice.path,
      version: choice.version,
      because: choice.because,
      passedOver: choice.passedOver,
    });
    const answer = await run(conversation, talk, { request, choice, templates: means.templates });
    check(answer, request, choice, guest);
    const { stuck, lost, full, stopped } = answer;
    const waits = foldWaits(wakersOf(answer.waits, means.interrupts));
    const notes = notesOf(answer, request, choice, guest);
    means.collect({ guest, waits }, notes);
    talk.emit({
      kind: 'guest.trace',
      guest,
      mode: request.mode,
      target: targetName(request.target),
      tool: choice.tool.name,
      us: waits.reduce((sum, { us }) => sum + us, 0),
      stacks: waits.length,
      pending: waits.filter(({ pending }) => pending).map(({ comm, pid, us }) => ({ comm, pid, us })),
      stuck: stuck.map(({ comm, pid, tid }) => ({ comm, pid, tid })),
      lost,
      full,
      stopped,
      notes,
    });
    return { outcome: 'converged', changes: 0 };
  };
}

async function choose(conversation: Conversation, request: TraceRequest, means: TraceMeans): Promise<Choice> {
  const guest = conversation.guest.name;
  const look = await conversation.runScript(lookScript(means.templates, means.rules), { timeoutMs: means.lookMs });
  const kit = parseKit(look.sections);
  const where = { guest };
  if (!kit.root)
    throw new ProvisionError('E_PREFLIGHT', 'tracing takes root', {
      hint: 'connect as root (-u root), or use sudo (-b)',
      where,
    });
  if (kit.lockdown === 'confidentiality')
    throw new ProvisionError('E_PREFLIGHT', 'the kernel is locked down (confidentiality): nothing may trace it', {
      hint: `what is blocked now can still be read: provision stacks ${guest}`,
      where,
    });
  const choice = chooseTool(kit, request, means.rules);
  if ('tool' in choice) return choice;
  throw new ProvisionError(
    'E_PREFLIGHT',
    `nothing on the guest can trace ${request.mode} of ${targetName(request.target)}: ${choice.passedOver.map(({ tool, reason }) => `${tool}: ${reason}`).join('; ')}`,
    { hint: `provision apply offcpu-trace ${guest} brings the tools`, where },
  );
}

interface Running {
  readonly request: TraceRequest;
  readonly choice: Choice;
  readonly templates: GuestTemplates;
}

async function run(
  conversation: Conversation,
  talk: Talk,
  { request, choice, templates }: Running,
): Promise<TraceAnswer> {
  const guest = conversation.guest.name;
  const name = randomBytes(6).toString('hex');
  const script = runScript(templates, choice, request, name);
  const seconds = Math.ceil(request.durationMs / 1000);
  let [isThere, isAsked] = [false, false];
  const stop = (): void => {
    if (!isThere || isAsked) return;
    isAsked = true;
    // That the guest cannot be asked any more is found out by the trace itself.
    conversation.runScript(stopScript(templates, name), { timeoutMs: GRACE_MS }).catch(() => undefined);
  };
  talk.stopping.addEventListener('abort', stop, { once: true });
  try {
    const { sections, stderrTail } = await conversation.runScript(script.text, {
      timeoutMs: script.boundSeconds * 1000 + GRACE_MS,
      onLine: (section, line) => {
        const [, phase, at] = /^(starting|tracing|stopping|reading) (\d+)$/.exec(line) ?? [];
        if (section !== 'progress' || phase === undefined) return;
        isThere = true;
        if (talk.stopping.aborted) stop();
        talk.emit({ kind: 'guest.tracing', guest, phase: phase as Phase, second: Number(at), of: seconds });
      },
    });
    const answer = parseAnswer(sections, choice.tool.name, request);
    if (answer.exitCode === null && !answer.absent)
      throw new ProvisionError('E_TRACE', `the trace did not begin: ${stderrTail.trim().split('\n').at(-1) ?? ''}`, {
        hint: '/run must be writable; -v shows how far it came',
        where: { guest },
      });
    return answer;
  } finally {
    isThere = false;
    talk.stopping.removeEventListener('abort', stop);
  }
}

type Phase = 'starting' | 'tracing' | 'stopping' | 'reading';

function check(answer: TraceAnswer, request: TraceRequest, { tool, path }: Choice, guest: string): void {
  const where = { guest };
  if (answer.absent)
    throw new ProvisionError('E_PREFLIGHT', `there is no ${targetName(request.target)} on the guest`, {
      hint: 'the path is the one below /sys/fs/cgroup (version 2): system.slice/ssh.service',
      where,
    });
  const ended = answer.exitCode === 0 || answer.stopped || answer.full || answer.waits.length > 0;
  if (ended) return;
  const said = answer.errors.slice(-3).join(' / ');
  throw new ProvisionError(
    'E_TRACE',
    `${path} ended with ${answer.exitCode ?? 'nothing'}${said === '' ? '' : `: ${said}`}`,
    {
      hint: answer.exitCode === 124 ? 'it did not begin in time' : `another tool may do: --tool (not ${tool.name})`,
      where,
    },
  );
}
