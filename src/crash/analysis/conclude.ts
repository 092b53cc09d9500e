import type { Analysis, AnalysisFinding, BlockedGroup, Kernel, LogReport, Panic } from './analysis.ts';
import { crossCheck, type TaskList } from './cross-check.ts';
import type { CrashKnowledge, Evidence } from './evidence.ts';
import { logFindings, memoryFindings, symbolFindings, taintFindings, workqueueFindings } from './findings.ts';
import { explainPanic } from './panic.ts';
import { groupBlocked, isBlocked } from './stacks.ts';
import { taintOfLetters, taintOfMask } from './taint.ts';

const LEVELS: readonly AnalysisFinding['level'][] = ['broken', 'suspect', 'note'];

/** What the evidence says. Where readers differ, drgn is believed before crash, and both before the log. */
export function conclude(evidence: Evidence, knowledge: CrashKnowledge): Analysis {
  const { dump, identity, log, symbols, drgn, crash } = evidence;
  const kernel = kernelOf(evidence, knowledge);
  const { list, findings } = crossCheck(taskLists(evidence), kernel.cpus);
  const reports = log?.reports ?? [];
  const all = [
    ...evidence.findings,
    ...(drgn?.errors ?? []).map(({ section, error }) => sectionFailed(section, error)),
    ...findings,
    ...symbolFindings(symbols, identity),
    ...logFindings(reports, list),
    ...memoryFindings(drgn?.memory ?? null, drgn?.slabs ?? null),
    ...workqueueFindings(drgn?.workqueues ?? null),
    ...taintFindings(kernel.taint),
    ...(crash?.complaints ?? []).map((text): AnalysisFinding => ({
      level: 'note',
      text: `crash: ${text}`,
      remedy: null,
    })),
  ];
  return {
    v: 1,
    dump: { ...dump, crashedAt: isoTime(identity.crashTime) },
    panic: panicOf(evidence, knowledge),
    kernel,
    symbols: symbols !== null && 'vmlinux' in symbols ? { vmlinux: symbols.vmlinux, from: symbols.from } : null,
    tasks:
      list === null
        ? null
        : { total: list.tasks.length, blocked: list.tasks.filter(isBlocked).length, reader: list.reader },
    blocked: list === null ? blockedInLog(reports) : groupBlocked(list.tasks),
    memory: drgn?.memory ?? null,
    slabs: drgn?.slabs ?? null,
    processes: drgn?.processes ?? null,
    workqueues: drgn?.workqueues ?? null,
    reports,
    findings: LEVELS.flatMap((level) => all.filter((finding) => finding.level === level)),
    sources: evidence.sources,
  };
}

function taskLists({ drgn, crash }: Evidence): TaskList[] {
  return [
    ...(drgn?.tasks ? [{ reader: 'drgn', tasks: drgn.tasks }] : []),
    ...(crash?.tasks ? [{ reader: 'crash', tasks: crash.tasks }] : []),
  ];
}

function sectionFailed(section: string, error: string): AnalysisFinding {
  return { level: 'broken', text: `drgn could not read the ${section} section: ${error}`, remedy: null };
}

function kernelOf({ identity, log, drgn, crash }: Evidence, { taints }: CrashKnowledge): Kernel {
  const live = drgn?.kernel ?? null;
  const cpus = Number(/^\d+/.exec(crash?.system.get('CPUS') ?? '')?.[0] ?? 0);
  return {
    release: identity.release ?? log?.release ?? null,
    version: identity.version ?? live?.version ?? log?.version ?? null,
    machine: identity.machine,
    nodename: identity.nodename ?? live?.nodename ?? null,
    cmdline: live?.cmdline ?? null,
    cpus: live?.cpus ?? (cpus > 0 ? cpus : null),
    uptimeSeconds: live?.uptime_seconds ?? (log?.uptimeSeconds == null ? null : Math.round(log.uptimeSeconds)),
    buildId: identity.buildId,
    taint: live === null ? taintOfLetters(log?.taint ?? [], taints) : taintOfMask(live.tainted, taints),
  };
}

function panicOf({ log, drgn, crash }: Evidence, { panics }: CrashKnowledge): Panic {
  const said = /^"(?:Kernel panic - not syncing: )?(.*)"$/.exec(crash?.system.get('PANIC') ?? '')?.[1];
  const reason = log?.panic?.reason ?? (said === undefined || said === '' ? null : said);
  return { ...explainPanic(reason, panics), task: drgn?.panic ?? log?.panic?.task ?? null };
}

/** The last report of each task: without symbols the kernel's own complaints are all there is. */
function blockedInLog(reports: readonly LogReport[]): BlockedGroup[] | null {
  const hung = new Map(
    reports.flatMap((report) => (report.kind === 'hung_task' && report.task ? [[report.task.pid, report]] : [])),
  );
  if (hung.size === 0) return null;
  return groupBlocked(
    [...hung.values()].flatMap(({ task, blockedSeconds, stack }) =>
      task === null
        ? []
        : {
            ...task,
            state: 'D',
            cpu: null,
            parent: null,
            blockedNs: blockedSeconds === null ? null : blockedSeconds * 1e9,
            killable: false,
            stack,
            stackError: null,
          },
    ),
  );
}

function isoTime(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
