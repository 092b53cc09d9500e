import { escapeContent } from '../escape.ts';
import { count } from '../quantities.ts';
import type { RunState } from '../run-state.ts';
import { shortened } from './failure-blocks.ts';
import { wordsOf } from './outcomes.ts';
import type { GuestStory, RunStory } from './run-story.ts';

/** What a test case can be besides passed. */
type Verdict = 'failure' | 'error' | 'skipped';

/** Outcomes that are not a passed test: `failure` is the guest's, `error` means that it could not be tried. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  failed: 'failure',
  refused: 'failure',
  drifted: 'failure',
  unreachable: 'error',
  interrupted: 'error',
  skipped: 'skipped',
  'not-begun': 'skipped',
};

/**
 * A run as JUnit XML, for GitLab, Jenkins and the like: the run is a suite, each guest a case, in the order of the run.
 * Valid for the schema of Ant (windyroad) and the one of Jenkins.
 */
export function renderJunit(story: RunStory): string {
  const { record, state, ms, exitCode } = story;
  const cases = record.guests.flatMap((name) => story.guests.find(({ guest }) => guest === name) ?? []);
  const verdicts = cases.map((guest) => verdictOf(guest, state.dryRun));
  const n = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  const suite = [record.command, state.profile].filter((word) => word !== undefined).join(' ');
  const properties: readonly (readonly [string, string])[] = [
    ['run', record.id],
    ['command', `provision ${record.argv.join(' ')}`],
    ['by', record.by],
    ['version', record.version],
    ['exitCode', exitCode === null ? 'none' : String(exitCode)],
  ];
  const tests = { tests: cases.length, failures: n('failure'), errors: n('error') };
  const attributes = {
    id: 0,
    name: `provision ${suite}`,
    package: 'provision',
    ...tests,
    skipped: n('skipped'),
    time: seconds(ms),
    timestamp: record.startedAt.slice(0, 19),
    hostname: record.by.split('@').at(-1) ?? 'unknown',
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite${attributeText(attributes)}>
<properties>
${properties.map(([name, value]) => `<property${attributeText({ name, value: value || 'none' })}/>\n`).join('')}</properties>
${cases.map((guest, index) => testcase(guest, verdicts[index] ?? null, `provision.${record.command}`, state)).join('')}<system-out>${xmlText(cases.map(lineOf).join('\n'))}</system-out>
<system-err></system-err>
</testsuite>
</testsuites>
`;
}

/** A dry-run only shows, so what it would refuse has not failed. */
function verdictOf({ outcome, startMs }: GuestStory, dryRun: boolean): Verdict | null {
  if (outcome === null) return startMs === null ? 'skipped' : 'error';
  if (outcome === 'refused' && dryRun) return 'skipped';
  return VERDICTS[outcome] ?? null;
}

function testcase(guest: GuestStory, verdict: Verdict | null, classname: string, state: RunState): string {
  const { startMs, endMs, outcome, error } = guest;
  const time = startMs === null || endMs === null ? 0 : endMs - startMs;
  const head = attributeText({ name: guest.guest, classname, time: seconds(time) });
  if (verdict === null) return `<testcase${head}/>\n`;
  const message = shortened(messageOf(guest, state));
  // The schema of Ant knows no attributes of a skipped case but its message, and Jenkins shows nothing else.
  if (verdict === 'skipped') return `<testcase${head}><skipped${attributeText({ message })}/></testcase>\n`;
  const type = error?.code ?? outcome ?? 'no-result';
  const text = [message, ...detailsOf(guest, state)].join('\n');
  return `<testcase${head}><${verdict}${attributeText({ message, type })}>${xmlText(text)}</${verdict}></testcase>\n`;
}

function messageOf({ guest, outcome, reason, error, startMs }: GuestStory, state: RunState): string {
  const drifts = driftsOf(guest, state);
  if (outcome === 'drifted' && drifts.length > 0) return count(drifts.length, 'difference');
  const words = outcome === null && startMs !== null ? 'begun, and the journal has no end for it' : wordsOf(outcome);
  return error?.message ?? reason ?? words;
}

function detailsOf({ guest, outcome, error }: GuestStory, state: RunState): string[] {
  const { tail = [] } = state.results.groups(state.order).find(({ guests }) => guests.includes(guest))?.value ?? {};
  return [
    ...(error?.step === undefined ? [] : [`step: ${error.step}`]),
    ...(error?.hint === undefined ? [] : [`hint: ${error.hint}`]),
    ...(outcome === 'drifted' ? driftsOf(guest, state) : []),
    ...tail.map((line) => `| ${shortened(line)}`),
  ];
}

function driftsOf(guest: string, state: RunState): string[] {
  const group = state.drifts.groups(state.order).find(({ guests }) => guests.includes(guest));
  return (group?.value.drifts ?? []).map(
    ({ kind, subject, actual, desired }) => `${kind} ${subject}: is ${actual}, should be ${desired}`,
  );
}

function lineOf({ guest, outcome, changes, reason }: GuestStory): string {
  const parts = [wordsOf(outcome), ...(changes > 0 ? [count(changes, 'change')] : [])];
  return `${guest}: ${parts.join(', ')}${reason === undefined ? '' : `: ${shortened(reason)}`}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributeText(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

function xmlText(text: string): string {
  return text.split('\n').map(escapeXml).join('\n');
}

/** XML cannot carry control characters, halves of surrogate pairs, U+FFFE and U+FFFF, not even escaped. */
function escapeXml(text: string): string {
  return escapeContent(text)
    .replaceAll('\ufffe', '\\u{fffe}')
    .replaceAll('\uffff', '\\u{ffff}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#9;');
}
