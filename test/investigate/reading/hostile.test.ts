import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/investigate/reading/line-splitter.ts';
import { StackStream } from '../../../src/investigate/reading/read-traces.ts';
import { TraceReader } from '../../../src/investigate/reading/trace-reader.ts';

function readAll(chunks: Iterable<string>) {
  const stream = new StackStream();
  for (const chunk of chunks) stream.push(chunk);
  return stream.end();
}

const FRAGMENTS = [
  'INFO: task Xorg:1 blocked for more than 120 seconds.',
  'Call Trace:',
  ' <TASK>',
  ' <IRQ>',
  ' </IRQ>',
  'RIP: 0010:foo+0x1/0x2',
  ' schedule+0x1/0x2',
  '[<0>] __flush_work+0x1/0x2',
  '@[',
  ']: 5',
  ', ',
  'PID: 1 TASK: ffff9b3c4a5b8000 CPU: 0 COMMAND: "x"',
  ' #0 [ffffa0b4c0f3b8d8] schedule at ffffffff9a8b1d4d',
  'a_b;c_d;e_f 12',
  'a_b -> c_d ->',
  'Kernel panic - not syncing: x',
  'INFO: task x:1 is blocked on a mutex likely owned by task y:2.',
  '==> /proc/1/stack <==',
  'Showing all locks held in the system:',
  '',
  '?',
  '\u001b[31m',
];

describe('hostile input', () => {
  it('is read without an error, whatever it is made of and however it is cut', () => {
    const line = fc.oneof(
      fc.constantFrom(...FRAGMENTS),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('> ', '[  1.0][ T1] '),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, line, fc.constantFrom('\n', '\r\n', '')), { maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (lines, size) => {
          const text = lines.map((parts) => parts.join('')).join('\n');
          const whole = readAll([text]);
          const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_none, index) =>
            text.slice(index * size, (index + 1) * size),
          );
          expect(readAll(pieces)).toEqual(whole);
          for (const { trace } of whole.groups) expect(trace.frames.length).toBeLessThanOrEqual(128);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a line of a megabyte', 'x'.repeat(1_000_000)],
    ['a frame of a megabyte', ` ${'a'.repeat(1_000_000)}+0x1/0x2`],
    ['a folded stack of a megabyte', `${'a_b;'.repeat(250_000)} 1`],
    ['a chain of a megabyte', 'a_b -> '.repeat(150_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['quotes of mails, deeply nested', '> '.repeat(500_000)],
    ['brackets', '['.repeat(1_000_000)],
    ['stamps in stamps', '[  1.0]'.repeat(100_000)],
    ['escape sequences', '\u001b['.repeat(500_000)],
    ['parentheses', `f (${'('.repeat(500_000)}`],
    ['numbers in front', '1. '.repeat(300_000)],
    ['a headline', `INFO: task ${'a:'.repeat(400_000)}`],
    ['names with dots', `${'a.'.repeat(400_000)}+0x1/0x2`],
    ['a CPU line', `CPU: 0 PID: 1 Comm: ${'Tainted: '.repeat(100_000)}`],
    ['a state line', `task:${' state:D stack:0 '.repeat(60_000)}`],
    ['colons', `${':1'.repeat(400_000)} f (${'a:1 '.repeat(100_000)}`],
  ])('takes time that is linear in %s', (_what, text) => {
    // What is kept of a line is the same for one that is half as long, so its cost cannot depend on the rest.
    const seen: number[] = [];
    const splitter = new LineSplitter((line) => seen.push(line.length));
    splitter.push(`${text}\n${text.slice(0, text.length / 2)}\n`);
    splitter.end();
    expect(Math.max(...seen)).toBeLessThanOrEqual(16_384);
    expect(readAll([`${text}\n`, text]).lines).toBe(2);
  });

  it('is bounded in what it keeps: twice the text is not twice the state', () => {
    const report = (index: number): string =>
      ` INFO: task t${index}:${index} blocked for more than 120 seconds.\nCall Trace:\n f_${index}+0x1/0x2\n g_${index}+0x1/0x2\n`;
    const read = (many: number) => readAll(Array.from({ length: many }, (_none, index) => report(index)));
    const [once, twice] = [read(5000), read(10_000)];
    expect(once.groups).toHaveLength(2000);
    expect(twice.groups).toHaveLength(2000);
    expect([once.dropped, twice.dropped]).toEqual([3000, 8000]);
    expect([once.count, twice.count]).toEqual([5000, 10_000]);
  });

  it('folds what is alike, and names a bounded number of tasks', () => {
    const report = (index: number): string =>
      `INFO: task t${index}:${index} blocked for more than ${100 + index} seconds.\nCall Trace:\n schedule+0x${index}/0x2\n`;
    const { groups, dropped } = readAll(Array.from({ length: 300 }, (_none, index) => report(index)));
    expect(groups).toMatchObject([{ count: 300, moreTasks: true, trace: { line: 1, blockedSeconds: 399 } }]);
    expect(groups[0]?.tasks).toHaveLength(64);
    expect(dropped).toBe(0);
  });

  it('closes stacks of callers that are too many', () => {
    let most = 0;
    let open = 0;
    const reader = new TraceReader(() => (open -= 1));
    for (let index = 0; index < 2000; index++) {
      reader.line(`[  1.0][T${index}] INFO: task t:${index} blocked for more than 120 seconds.`);
      open += 1;
      most = Math.max(most, open);
    }
    reader.end();
    expect(most).toBeLessThanOrEqual(257);
    expect(open).toBe(0);
  });

  it('forgets a report that was cut off, so that a later one is not mixed with it', () => {
    const noise = Array.from({ length: 300 }, (_none, index) => `usb 1-1: device ${index}`);
    const lines = ['INFO: task a:1 blocked for more than 120 seconds.', ...noise, 'Call Trace:', ' schedule+0x1/0x2'];
    const { groups } = readAll([lines.join('\n')]);
    expect(groups.map(({ trace }) => [trace.kind, trace.frames.length])).toEqual([
      ['hung_task', 0],
      ['backtrace', 1],
    ]);
  });
});
