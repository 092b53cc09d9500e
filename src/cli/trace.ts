import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import type { Event } from '../events.ts';
import { pathsOf } from '../investigate/flame/path.ts';
import { topWaits, type Explain } from '../investigate/flame/top.ts';
import { WaitClassifier } from '../investigate/flame/wait-kinds.ts';
import { targetName, type TraceRequest } from '../investigate/trace-tools/request.ts';
import { explainWaits } from '../investigate/trace-tools/meaning.ts';
import { traceGuest } from '../investigate/trace-tools/work.ts';
import type { GuestWaits } from '../investigate/wait.ts';
import type { TraceStory } from '../report/trace/trace-story.ts';
import { filesIn, FORMATS, makeRoom, writeTrace, type TraceFiles } from '../report/trace/write-trace.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { loadExplainKnowledge } from '../shipped/explain-knowledge.ts';
import { loadFlamePage } from '../shipped/pages.ts';
import { loadTraceTools, loadWaitKinds } from '../shipped/trace-knowledge.ts';
import { countFlag, durationFlag, textFlag } from './flags.ts';
import { chooseGuests, DEFAULT_TIMEOUT_MS } from './guests.ts';
import type { Flags, Run } from './program.ts';
import { runGuests } from './run-guests.ts';
import { traceRequest } from './trace-flags.ts';
import { VERSION } from './version.ts';

const DEFAULT_TOP = 10;

/** `provision trace offcpu|wakeup|offwake [GUEST..]`: bounded, over all guests, one graph of them all. */
export const run: Run = async (invocation) => {
  const { flags } = invocation;
  const [mode = '', ...names] = invocation.args;
  const request = traceRequest(mode, flags);
  const files = traceFiles(flags, request.mode);
  const command = `trace ${request.mode}`;
  const guests = await chooseGuests(names, flags, command);
  const shipped = loadKnowledge();
  const waitKinds = loadWaitKinds();
  const classifier = new WaitClassifier(waitKinds);
  makeRoom(files);
  const collected: GuestWaits[] = [];
  const notes: string[] = [];
  const work = traceGuest(request, {
    templates: shipped.templates,
    rules: loadTraceTools(),
    interrupts: waitKinds.interrupts,
    lookMs: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS),
    collect: (waits, said) => {
      collected.push(waits);
      notes.push(...said.map((note) => `${waits.guest}: ${note}`));
    },
  });
  const conclude = (tell: (event: Event) => void): void => {
    if (collected.length === 0) return;
    const order = new Map(guests.map(({ name }, index) => [name, index]));
    collected.sort((a, b) => (order.get(a.guest) ?? 0) - (order.get(b.guest) ?? 0));
    const story = storyOf(request, collected, classifier, {
      notes,
      most: countFlag(flags, 'top', DEFAULT_TOP),
      explain: explainWaits(loadExplainKnowledge(), classifier, request.states),
    });
    const labels = Object.fromEntries(classifier.kinds.map(({ name, label }) => [name, label]));
    const us = story.paths.reduce((sum, path) => sum + path.us, 0);
    tell({ kind: 'trace.top', us, waits: story.top, labels });
    if (us === 0) return;
    const drawing = { story, guests: collected, classifier, texts: loadFlamePage(), exporter: `provision ${VERSION}` };
    tell({ kind: 'trace.written', files: writeTrace(files, drawing) });
  };
  return runGuests({ command, guests, shipped, work, conclude }, invocation);
};

/** The files that are asked for, else all of them in one folder. */
function traceFiles(flags: Flags, mode: string): TraceFiles {
  const named = FORMATS.flatMap((format) => {
    const path = textFlag(flags, format);
    return path === undefined ? [] : [[format, path] as const];
  });
  const to = textFlag(flags, 'to');
  if (named.length > 0) {
    if (to !== undefined) throw new ProvisionError('E_USAGE', `--to and --${named[0]?.[0] ?? ''} do not go together`);
    return Object.fromEntries(named);
  }
  const stamp = new Date()
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
    .replace('T', '-');
  return filesIn(to ?? join('traces', stamp), mode);
}

const TITLES = { offcpu: 'Off-CPU time', wakeup: 'Blocked time by waker', offwake: 'Off-CPU time and wakers' };

function storyOf(
  { mode, target, states, durationMs }: TraceRequest,
  guests: readonly GuestWaits[],
  classifier: WaitClassifier,
  { notes, most, explain }: { notes: readonly string[]; most: number; explain: Explain },
): TraceStory {
  const where = guests.length === 1 ? (guests[0]?.guest ?? '') : `${guests.length} guests`;
  const state = states === null ? '' : `, state ${states.join(' ')}`;
  return {
    title: `${TITLES[mode]} of ${targetName(target)} on ${where}`,
    subtitle: `${durationMs / 1000} s${state}; only waits that ended meanwhile, and those in D that had not when it ended`,
    paths: pathsOf(guests, classifier),
    kinds: classifier.kinds,
    top: topWaits(guests, classifier, { most, explain }),
    notes,
  };
}
