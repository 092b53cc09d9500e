import type { CrashMode } from '../crash/crash-test/mode.ts';
import { cell, type Line, type Look, type Tone } from './cells.ts';
import { duration, megabytes } from './quantities.ts';
import type { EventOf } from './run-state.ts';

type CrashTestEvent = EventOf<'guest.crash-test'>;

const TRIGGER_WORDS: Readonly<Record<CrashMode, string>> = {
  sysrq: 'sysrq-c',
  hang: 'a blocked task, and hung_task_panic',
};

/** A crash test as a person reads it: what happened when, what was checked, and what the capture kernel said if it failed. */
export function formatCrashTest(event: CrashTestEvent, look: Look): Line[] {
  const { guest, checks, captureLog, failure } = event;
  const tone: Tone = failure === null ? 'add' : 'danger';
  return [
    [cell(guest, 'strong'), cell('  '), cell(failure === null ? 'crash captured' : 'crash not captured', tone)],
    ...timelineLines(event),
    ...checks.map(({ ok, text }): Line => [cell(ok ? '  ok      ' : '  FAILED  ', ok ? 'add' : 'danger'), cell(text)]),
    ...logLines(captureLog, look),
  ];
}

function timelineLines(event: CrashTestEvent): Line[] {
  return crashMoments(event).map(([ms, text]) => [cell(`  ${duration(ms).padStart(12)}  `, 'quiet'), cell(text)]);
}

/** What happened when, in milliseconds after the trigger; what it did not come to is left out. */
export function crashMoments({ timeline, mode, tag, dump }: CrashTestEvent): (readonly [ms: number, text: string])[] {
  const size = dump?.dump == null ? '' : `  ${megabytes(dump.dump.size)}`;
  const moments: [number | null, string][] = [
    [0, `triggered: ${TRIGGER_WORDS[mode]}, tag ${tag}`],
    [timeline.savedMs, `dump saved${size}`],
    [timeline.rebootedMs, 'next boot began'],
    [timeline.backMs, 'back: ssh answers'],
  ];
  return moments.filter((moment): moment is [number, string] => moment[0] !== null);
}

const QUIET_LOG = 20;

function logLines(log: readonly string[], { verbosity }: Look): Line[] {
  if (log.length === 0) return [];
  const shown = verbosity > 0 ? log : log.slice(-QUIET_LOG);
  return [
    [cell('  the capture kernel said last:')],
    ...shown.map((line): Line => [cell('    | ', 'quiet'), cell(line)]),
  ];
}
