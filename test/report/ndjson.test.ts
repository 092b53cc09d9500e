import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, EventKind } from '../../src/events.ts';
import { toNdjson } from '../../src/report/ndjson.ts';
import { finished, fullPlan, runEvents, show } from './plans.ts';

const TIME = new Date('2024-01-02T03:04:05.678Z');
const text = fc.string({ unit: 'binary', maxLength: 60 });

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('guest.output' as const), guest: text, line: text }),
  fc.record({ kind: fc.constant('run.started' as const), command: text, guests: fc.array(text) }),
  fc.record({
    kind: fc.constant('guest.finished' as const),
    guest: text,
    outcome: fc.constantFrom('failed' as const, 'changed' as const),
    changes: fc.nat(),
    ms: fc.nat(),
    error: fc.record({ code: text, message: text, hint: text }),
  }),
);

describe('toNdjson', () => {
  it('is one line that parses back to the event', () => {
    fc.assert(
      fc.property(events, (event) => {
        const line = toNdjson(event, TIME);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(JSON.parse(line)).toEqual({ v: 1, time: '2024-01-02T03:04:05.678Z', ...event });
      }),
    );
  });
});

describe('the ndjson reporter', () => {
  it('writes the events and nothing else', () => {
    const run = runEvents([fullPlan('vm1')], [finished('vm1', 'planned', 9)], true);
    const { stdout, stderr } = show(run, { mode: 'ndjson', tty: true, verbosity: 1 });
    const lines = stdout.trimEnd().split('\n');
    expect(stderr).toBe('');
    expect(lines.map((line) => without(JSON.parse(line) as Record<string, unknown>))).toEqual(run);
  });
});

function without({ v, time, ...event }: Record<string, unknown>): unknown {
  expect([v, typeof time]).toEqual([1, 'string']);
  return event;
}

describe('docs/events.md', () => {
  const doc = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
  const KINDS: { readonly [K in EventKind]: readonly (keyof Extract<Event, { kind: K }>)[] } = {
    'run.started': ['command', 'profile', 'guests'],
    'batch.started': ['batch', 'of', 'name', 'guests'],
    'batch.finished': ['batch', 'failed', 'ms'],
    'rollout.paused': ['ms'],
    'rollout.gate': ['batch', 'passed', 'reason'],
    'rollout.stopped': ['reason', 'notBegun'],
    'guest.begun': ['guest'],
    'guest.connected': ['guest', 'ms', 'retries'],
    'guest.facts': ['guest', 'facts'],
    'guest.plan': ['guest', 'plan', 'dryRun'],
    'guest.step': ['guest', 'stage', 'step', 'status', 'message'],
    'guest.output': ['guest', 'line'],
    'guest.reboot': ['guest', 'phase', 'ms'],
    'guest.gate': ['guest', 'state', 'reason'],
    'guest.crash': ['guest', 'phase', 'ms'],
    'guest.crash-test': ['guest', 'tag', 'mode', 'timeline', 'checks', 'dump', 'captureLog', 'failure'],
    'guest.drift': ['guest', 'drifts', 'findings'],
    'guest.dumps': [
      'guest',
      'coredir',
      'exists',
      'readable',
      'now',
      'bootId',
      'memTotalKiB',
      'freeKiB',
      'captureKernel',
      'kdumpLock',
      'kexecCmd',
      'remote',
      'dumps',
    ],
    'guest.transfer': ['guest', 'dump', 'done', 'total'],
    'guest.fetched': ['guest', 'dump', 'state', 'to', 'vmcore', 'bytes', 'ms', 'deleted', 'reason'],
    'guest.stacks': ['guest', 'round', 'stacks'],
    'stacks.changed': ['guest', 'round', 'appeared', 'gone'],
    'stacks.group': [
      'id',
      'blocked',
      'functions',
      'wchan',
      'guests',
      'tasks',
      'longestSeconds',
      'hungTask',
      'wait',
      'explanation',
    ],
    'guest.doctor': ['guest', 'checks'],
    'guest.trace-tool': ['guest', 'tool', 'program', 'version', 'because', 'passedOver'],
    'guest.tracing': ['guest', 'phase', 'second', 'of'],
    'guest.trace': [
      'guest',
      'mode',
      'target',
      'tool',
      'us',
      'stacks',
      'pending',
      'stuck',
      'lost',
      'full',
      'stopped',
      'notes',
    ],
    'trace.top': ['us', 'waits', 'labels'],
    'trace.written': ['files'],
    'guest.evidence': ['guest', 'now', 'bootId', 'watcher', 'pieces'],
    'guest.evidence-fetched': ['guest', 'piece', 'state', 'to', 'bytes', 'ms'],
    'guest.evidence-explained': ['guest', 'piece', 'path', 'about', 'stacks', 'groups', 'workqueues', 'problem'],
    'guest.finished': ['guest', 'outcome', 'changes', 'ms', 'reason', 'error'],
    'run.finished': ['outcomes', 'exitCode', 'ms'],
    'explain.match': [
      'signature',
      'category',
      'confidence',
      'task',
      'tasks',
      'state',
      'blockedSeconds',
      'blockedOn',
      'cpu',
      'trace',
      'line',
      'count',
      'weight',
      'headline',
      'subsystem',
      'age',
      'frames',
      'title',
      'meaning',
      'next',
      'fixes',
      'mitigations',
      'references',
    ],
    'explain.read': ['source', 'lines', 'stacks', 'different', 'dropped', 'release', 'locks'],
  };

  it.each(Object.entries(KINDS))('documents %s and its fields', (kind, fields) => {
    const section = doc.split(/^### /m).find((part) => part.startsWith(`\`${kind}\``)) ?? '';
    for (const field of fields) expect(section).toContain(`\`${field}\``);
  });

  it.each(interfaceFields())('documents the fields of %s', (_name, fields) => {
    for (const field of fields) expect(doc).toContain(`\`${field}\``);
  });
});

/** Fields as the contracts declare them, read from their source so that a new one cannot be forgotten. */
function interfaceFields(): [string, string[]][] {
  const sources = ['events.ts', 'plan/plan.ts', 'facts/facts.ts'].map((file) =>
    readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'),
  );
  return sources.flatMap((source) =>
    [...source.matchAll(/^(?:export )?interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)].map(
      ([, name = '', body = '']): [string, string[]] => [
        name,
        [...body.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field),
      ],
    ),
  );
}
