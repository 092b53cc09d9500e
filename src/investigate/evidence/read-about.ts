import { NamedLines } from '../../facts/sections.ts';
import type { BlockedTask, EvidenceAbout, EvidenceReason, PressureSpell } from './piece.ts';

const REASONS: readonly string[] = ['blocked', 'memory', 'io'] satisfies EvidenceReason[];
const FORMAT = '1';

/**
 * Reads the header that templates/guest/evidence.sh wrote, and the notes that came later. null: not of a format that is known
 * here.
 */
export function readAbout(about: readonly string[], ended: readonly string[]): EvidenceAbout | null {
  const header = new NamedLines(about);
  const why = header.get('why') ?? '';
  const time = Number(header.get('now'));
  if (header.get('format') !== FORMAT || !REASONS.includes(why) || !Number.isFinite(time)) return null;
  const ends = endsOf(ended);
  return {
    why: why as EvidenceReason,
    again: header.has('again'),
    time,
    bootId: header.get('boot_id') ?? '',
    kernel: header.get('kernel') ?? '',
    hostname: header.get('hostname') ?? '',
    uptimeSeconds: Number(header.get('uptime') ?? 0),
    limitSeconds: Number(header.get('limit') ?? 0),
    tasks: about.flatMap((line) => readTask(line, ends)).sort((a, b) => b.seconds - a.seconds || a.tid - b.tid),
    pressures: about.flatMap((line) => readPressure(line, ends)),
    dropped: header.has('dropped'),
  };
}

/** `task TID START SECONDS COMM`; a name may hold blanks, also at its ends. */
function readTask(line: string, ends: Ends): BlockedTask[] {
  const match = /^task (\d+) (\d+) (\d+) (.*)$/.exec(line);
  if (match === null) return [];
  const [, tid = '', start = '', seconds = '', comm = ''] = match;
  const end = ends.tasks.get(`${tid} ${start}`);
  return [{ tid: Number(tid), start, comm, seconds: Number(seconds), ended: end ?? null }];
}

/** `pressure KIND SECONDS PERCENT` */
function readPressure(line: string, ends: Ends): PressureSpell[] {
  const match = /^pressure (memory|io) (\d+) ([\d.]+)$/.exec(line);
  if (match === null) return [];
  const resource = match[1] as PressureSpell['resource'];
  const ended = ends.pressures.get(resource) ?? null;
  return [{ resource, seconds: Number(match[2]), percent: Number(match[3]), ended }];
}

interface Ends {
  readonly tasks: ReadonlyMap<string, NonNullable<BlockedTask['ended']>>;
  readonly pressures: ReadonlyMap<string, NonNullable<PressureSpell['ended']>>;
}

/** `task TID START SECONDS HOW COMM`, `memory SECONDS WORST` */
function endsOf(lines: readonly string[]): Ends {
  const tasks = new Map<string, NonNullable<BlockedTask['ended']>>();
  const pressures = new Map<string, NonNullable<PressureSpell['ended']>>();
  for (const line of lines) {
    const task = /^task (\d+ \d+) (\d+) (woke|gone) /.exec(line);
    if (task) tasks.set(task[1] ?? '', { seconds: Number(task[2]), how: task[3] as 'woke' | 'gone' });
    const pressure = /^(memory|io) (\d+) ([\d.]+)$/.exec(line);
    if (pressure) pressures.set(pressure[1] ?? '', { seconds: Number(pressure[2]), worst: Number(pressure[3]) });
  }
  return { tasks, pressures };
}
