import type { EventKind, Outcome } from '../events.ts';
import { BLANK, cell, type Line, type Look, type Tone } from './cells.ts';
import { formatCrashTest } from './crash-test-block.ts';
import { formatDoctor } from './doctor-page.ts';
import { formatDriftBlock } from './drift-block.ts';
import { formatDumps } from './dumps-table.ts';
import { formatExplainedPiece } from './evidence-explained.ts';
import { formatEvidence, formatEvidenceFetched } from './evidence-table.ts';
import { formatFacts } from './facts-page.ts';
import { formatFetched } from './fetched-lines.ts';
import { guestTone } from './live/guest-tone.ts';
import { formatPlanBlock } from './plan-block.ts';
import { FAILURES, formatResults } from './result-lines.ts';
import { duration } from './quantities.ts';
import type { EventOf, RunState } from './run-state.ts';
import { formatStackChanges } from './stacks-changes.ts';
import { formatStackGroup } from './stacks-group.ts';
import { formatStackGuests } from './stacks-guests.ts';
import { formatSummary, LOOKS } from './summary-line.ts';
import { formatTop } from './trace/top-lines.ts';
import { formatTool, formatTraced, formatWritten } from './trace/trace-lines.ts';

/** Lines for stdout (results) and for stderr (what is going on). */
interface Printed {
  readonly results: readonly Line[];
  readonly log: readonly Line[];
}

/** What a printer may look at besides the event. */
interface Sight {
  readonly run: RunState;
  readonly look: Look;
  /** The command to suggest in the summary. */
  readonly next: string | undefined;
  /** The command that does a pending reboot. */
  readonly reboot: string | undefined;
}

type Printer<K extends EventKind> = (event: EventOf<K>, sight: Sight) => Printed;

/** What a command has told of by its own lines when a run ends. */
const TOLD: Readonly<Record<string, readonly Outcome[]>> = {
  verify: ['drifted', 'converged'],
  'dumps fetch': ['changed', 'converged'],
  'evidence fetch': ['changed', 'converged'],
  'crash-test': ['captured'],
};

const NOTHING: Printed = { results: [], log: [] };

/** One printer for each kind of event: a kind without one does not compile. */
const PRINTERS: { readonly [K in EventKind]: Printer<K> } = {
  'run.started': () => NOTHING,
  'batch.started': () => NOTHING,
  'batch.finished': () => NOTHING,
  'rollout.paused': () => NOTHING,
  'rollout.gate': () => NOTHING,
  'rollout.stopped': () => NOTHING,
  'guest.begun': () => NOTHING,
  'guest.connected': ({ guest, ms, retries = 0 }, { look }) =>
    verbose(look, guest, `connected in ${duration(ms)}${retries === 0 ? '' : `, at attempt ${retries + 1}`}`),
  'guest.facts': () => NOTHING,
  'guest.plan': (_event, sight) => ({ results: planBlocks(sight), log: [] }),
  'guest.step': ({ guest, step, status, message }, { look }) =>
    verbose(
      look,
      guest,
      `${status === 'started' ? '...' : status} ${step}${message === undefined ? '' : `: ${message}`}`,
      status === 'failed' ? 'danger' : 'plain',
    ),
  'guest.output': ({ guest, line }, { look }) => verbose(look, guest, `| ${line}`, 'quiet'),
  'guest.reboot': ({ guest, phase, ms }, { look }) => verbose(look, guest, `reboot: ${phase}, ${duration(ms)}`),
  'guest.gate': ({ guest, state, reason }, { look }) => verbose(look, guest, `gate: ${state} ${reason}`),
  'guest.crash': ({ guest, phase, ms }, { look }) => verbose(look, guest, `crash: ${phase}, ${duration(ms)}`),
  'guest.crash-test': (event, { look }) => ({ results: [...formatCrashTest(event, look), BLANK], log: [] }),
  'guest.drift': () => NOTHING,
  'guest.dumps': () => NOTHING,
  'guest.transfer': () => NOTHING,
  'guest.fetched': (event, { look }) => ({
    results: look.verbosity < 0 && event.state !== 'left' ? [] : formatFetched(event),
    log: [],
  }),
  'guest.stacks': () => NOTHING,
  'stacks.changed': (event, { look }) => ({ results: formatStackChanges(event, look), log: [] }),
  'stacks.group': (event, { look }) => ({ results: [...formatStackGroup(event, look), BLANK], log: [] }),
  'guest.evidence': () => NOTHING,
  'guest.evidence-fetched': (event, { look }) => ({
    results: look.verbosity < 0 ? [] : formatEvidenceFetched(event),
    log: [],
  }),
  'guest.evidence-explained': (event, { look }) => ({ results: formatExplainedPiece(event, look), log: [] }),
  'guest.doctor': (event, { look }) => ({ results: [...formatDoctor(event, look), BLANK], log: [] }),
  'guest.trace-tool': (event, { look }) => ({ results: [], log: look.verbosity < 0 ? [] : formatTool(event, look) }),
  'guest.tracing': ({ guest, phase, second, of }, { look }) =>
    second % 5 === 0
      ? verbose(look, guest, `${phase} ${second} s${phase === 'tracing' ? ` of ${of} s` : ''}`, 'quiet')
      : NOTHING,
  'guest.trace': (event, { look }) => ({ results: formatTraced(event, look), log: [] }),
  'trace.top': ({ waits, labels }, { look }) => ({
    results: formatTop(waits, new Map(Object.entries(labels)), look),
    log: [],
  }),
  'trace.written': (event) => ({ results: [...formatWritten(event), BLANK], log: [] }),
  'guest.finished': (_event, sight) => ({ results: planBlocks(sight), log: [] }),
  'run.finished': ({ ms }, sight) => ({
    results: [
      ...planBlocks(sight),
      ...factsPages(sight),
      ...dumpsTable(sight),
      ...driftBlocks(sight),
      ...stacksPages(sight),
      ...evidenceTable(sight),
      ...results(sight),
      ...formatSummary(sight.run, ms, sight.next, sight.look),
    ],
    log: [],
  }),
  // explained-groups.ts shows them: the stacks of a text are no run.
  'explain.match': () => NOTHING,
  'explain.read': () => NOTHING,
};

/** Event -> lines. The run must have recorded the event first. */
export function printEvent<K extends EventKind>(event: EventOf<K>, sight: Sight): Printed {
  // The table is keyed by the kind itself, which TypeScript cannot follow through an index.
  return (PRINTERS[event.kind] as Printer<K>)(event, sight);
}

function verbose(look: Look, guest: string, text: string, tone: Tone = 'plain'): Printed {
  if (look.verbosity < 1) return NOTHING;
  return { results: [], log: [[cell(`${guest} `, guestTone(guest)), cell(text, tone)]] };
}

function planBlocks({ run, look }: Sight): Line[] {
  if (!run.blocksDue || look.verbosity < 0) return [];
  return run.plans
    .groups(run.order)
    .flatMap(({ value, guests }) => [...formatPlanBlock(guests, value, run.dryRun, look), BLANK]);
}

function driftBlocks({ run, look }: Sight): Line[] {
  if (look.verbosity < 0) return [];
  return run.drifts.groups(run.order).flatMap((group) => [...formatDriftBlock(group, look), BLANK]);
}

function factsPages({ run, look }: Sight): Line[] {
  if (run.facts.length === 0) return [];
  const sorted = [...run.facts].sort((a, b) => run.order(a.guest, b.guest));
  return [...formatFacts(sorted, look), BLANK];
}

function dumpsTable({ run, look }: Sight): Line[] {
  if (run.dumps.length === 0) return [];
  const sorted = [...run.dumps].sort((a, b) => run.order(a.guest, b.guest));
  return [...formatDumps(sorted, look), BLANK];
}

function evidenceTable({ run }: Sight): Line[] {
  if (run.evidence.length === 0) return [];
  const sorted = [...run.evidence].sort((a, b) => run.order(a.guest, b.guest));
  return [...formatEvidence(sorted), BLANK];
}

function stacksPages({ run, look }: Sight): Line[] {
  if (run.stacks.size === 0) return [];
  const sorted = [...run.stacks.values()].sort((a, b) => run.order(a.guest, b.guest));
  return [...formatStackGuests(sorted, look), BLANK];
}

/** Results that no block above has told already. */
function results({ run, look, reboot }: Sight): Line[] {
  const groups = run.results.groups(run.order).filter(({ value: { outcome } }) => {
    if (FAILURES.has(outcome)) return !(run.dryRun && outcome === 'refused');
    if (look.verbosity < 0 || LOOKS.has(run.command)) return false;
    const told = run.dryRun ? ['planned', 'converged'] : (TOLD[run.command] ?? []);
    return !told.includes(outcome);
  });
  const lines = formatResults(groups, run, reboot, look);
  return lines.length > 0 ? [...lines, BLANK] : [];
}
