import type { Check, CrashTimeline } from '../../events.ts';
import type { Dump } from '../dumps/dump.ts';
import { TRIGGERS, type CrashMode } from './mode.ts';

/** What is known when a guest that was crashed is back. Times are seconds of the guest's own clock. */
export interface Evidence {
  readonly mode: CrashMode;
  readonly tag: string;
  readonly coredir: string;
  /** Names of dump directories that were there before, and the sizes and times of their files. */
  readonly before: readonly Dump[];
  readonly after: readonly Dump[];
  readonly triggeredAt: number;
  readonly now: number;
  readonly uptimeSeconds: number;
  readonly freeKiB: number | null;
  readonly bootIds: { readonly before: string; readonly after: string };
  /** What the capture kernel said, line by line; empty when nothing was kept. */
  readonly captureLog: readonly string[];
}

export interface Proof {
  readonly checks: readonly Check[];
  readonly dump: Dump | null;
  readonly timeline: CrashTimeline;
  /** Why the crash was not captured, the most telling reason; null: it was. */
  readonly failure: string | null;
}

/** Below this a file system is as good as full. */
const FULL_KIB = 1024;

/** Judges a crash test. Pure; every check is made and told, also those that went well. */
export function prove(evidence: Evidence): Proof {
  const fresh = freshDumps(evidence);
  const dump = fresh.length === 1 ? (fresh[0] ?? null) : null;
  const checks: Check[] = [
    { name: 'boot', ok: evidence.bootIds.before !== evidence.bootIds.after, text: 'a new boot answers' },
    { name: 'directory', ok: fresh.length === 1, text: directoryText(fresh, evidence) },
    { name: 'tag', ok: dump?.tag === evidence.tag, text: `its dmesg holds the tag ${evidence.tag}` },
    {
      name: 'trigger',
      ok: dump?.trigger === TRIGGERS[evidence.mode],
      text: `its dmesg holds the trigger: ${dump?.panic ?? 'none found'}`,
    },
    { name: 'dump', ok: dump?.verdict.valid === true, text: verdictText(dump) },
  ];
  return { checks, dump, timeline: timelineOf(evidence, dump), failure: failureOf(checks, evidence, fresh) };
}

/** Directories that are new, or whose dump is: two crashes within a minute share one. */
export function freshDumps({ before, after, triggeredAt }: Pick<Evidence, 'before' | 'after' | 'triggeredAt'>): Dump[] {
  const known = new Set(before.map(({ name }) => name));
  return after.filter(({ name, files }) => !known.has(name) || files.some(({ mtime }) => mtime >= triggeredAt));
}

function directoryText(fresh: readonly Dump[], { coredir }: Evidence): string {
  if (fresh.length === 0) return `no new directory in ${coredir}`;
  const names = fresh.map(({ name }) => name).join(', ');
  return fresh.length === 1
    ? `one new directory: ${fresh[0]?.directory ?? ''}`
    : `${fresh.length} new directories: ${names}`;
}

function verdictText(dump: Dump | null): string {
  if (dump === null) return 'a dump that is whole';
  if (!dump.verdict.valid) return `the dump is not valid: ${dump.verdict.reason}`;
  return `the dump is whole: makedumpfile's header and end marker, a plausible size`;
}

function failureOf(checks: readonly Check[], evidence: Evidence, fresh: readonly Dump[]): string | null {
  const failed = new Set(checks.filter(({ ok }) => !ok).map(({ name }) => name));
  if (failed.size === 0) return null;
  const said = evidence.captureLog.join('\n');
  const full = (evidence.freeKiB !== null && evidence.freeKiB < FULL_KIB) || /No space left on device/.test(said);
  if (failed.has('boot')) return 'the guest was never down: the crash did not happen';
  if (full)
    return `the capture filled the disk: ${Math.floor((evidence.freeKiB ?? 0) / 1024)} MiB free in ${evidence.coredir}`;
  if (/Out of memory|oom-kill/i.test(said)) return 'the capture kernel ran out of memory: crashkernel is too small';
  if (fresh.length === 0) return 'the guest rebooted without saving anything';
  if (fresh.length > 1) return `${fresh.length} new dump directories: it crashed more than once`;
  const [dump] = fresh;
  if (dump !== undefined && !dump.verdict.valid) return `the dump is not valid: ${dump.verdict.reason}`;
  return "a dump was saved, but it is not this test's";
}

/** Milliseconds after the trigger, by the guest's clock, which is one through both boots. */
function timelineOf({ triggeredAt, now, uptimeSeconds }: Evidence, dump: Dump | null): CrashTimeline {
  const after = (seconds: number): number => Math.max(0, Math.round((seconds - triggeredAt) * 1000));
  const saved = dump?.files.find(({ name }) => name === dump.dump?.name)?.mtime;
  return {
    savedMs: saved === undefined ? null : after(saved),
    rebootedMs: after(now - uptimeSeconds),
    backMs: after(now),
  };
}
