import { describe, expect, it } from 'vitest';
import type { Explanation, Match } from '../../src/investigate/explanation.ts';
import { explainGroups } from '../../src/investigate/explaining/explain-groups.ts';
import { StackStream } from '../../src/investigate/reading/read-traces.ts';
import { lineWidth, type Line, type Look } from '../../src/report/cells.ts';
import { formatExplained } from '../../src/report/explained-groups.ts';
import { confidenceWords, formatExplanation } from '../../src/report/explanation-lines.ts';
import { loadExplainKnowledge } from '../../src/shipped/explain-knowledge.ts';
import { frameOf, traceOf } from '../investigate/explaining/knowledge.ts';

const MATCH: Match = {
  signature: 'drain',
  category: 'reclaim-drain',
  title: 'waits for every CPU',
  confidence: 0.91,
  meaning: 'Memory is short and one CPU does not run its kworker, so that nobody who allocates gets on.',
  next: [
    {
      run: 'grep -H . /sys/devices/virtual/workqueue/cpumask /sys/devices/system/cpu/isolated /proc/cmdline',
      why: 'is a CPU isolated',
    },
  ],
  fixes: [{ commit: '443c2accd1b6679a1320167f8f56eed6536b806e', title: 'remotely drain', release: '6.0' }],
  mitigations: ['more RAM'],
  references: ['https://example.org/a'],
};

const EXPLANATION: Explanation = {
  trace: traceOf(['pipe_read']),
  frames: [
    {
      frame: { ...frameOf('schedule'), inferred: 'because it waits' },
      note: 'gives the CPU away until somebody wakes the task up again',
    },
    { frame: frameOf('? left_over'), note: null },
    { frame: frameOf('a_function_whose_name_is_longer_than_all_of_the_others [some_module]'), note: 'has a long name' },
    { frame: frameOf('pipe_read'), note: null },
    { frame: frameOf('vfs_read'), note: 'read(2)' },
  ],
  age: { from: '5.13', before: '6.0', because: ['it has pipe_read: 5.13 or later'] },
  matches: [
    MATCH,
    {
      ...MATCH,
      signature: 'other',
      confidence: 0.4,
      title: 'waits for something that takes very long words to be said in full',
    },
  ],
  subsystem: 'mm',
};

const text = (lines: readonly Line[]): string[] => lines.map((line) => line.map((part) => part.text).join(''));
const look = (width: number, verbosity: Look['verbosity'] = 0): Look => ({ width, verbosity });

describe('formatExplanation', () => {
  it('marks what was put back, and says why', () => {
    const lines = text(formatExplanation(EXPLANATION, look(80)));
    expect(lines).toContain('  + put back: because it waits');
    expect(lines.find((line) => line.includes('schedule'))).toMatch(/^ {2}\+ schedule /);
    expect(lines.find((line) => line.includes('pipe_read'))).toMatch(/^ {4}pipe_read/);
  });

  it('leaves out what the kernel was not sure of, and says how much', () => {
    expect(text(formatExplanation(EXPLANATION, look(80))).join('\n')).not.toContain('left_over');
    expect(text(formatExplanation(EXPLANATION, look(80)))).toContain(
      '  1 that the kernel was not sure of left out; -v shows them',
    );
    expect(text(formatExplanation(EXPLANATION, look(80, 1)))).toContain('  ? left_over');
  });

  it('shows unsure frames where there is nothing else', () => {
    const frames = [frameOf('? a'), frameOf('? b')].map((frame) => ({ frame, note: null }));
    expect(text(formatExplanation({ ...EXPLANATION, frames }, look(80))).slice(0, 2)).toEqual(['  ? a', '  ? b']);
  });

  it('shows the best match in full and the others in a line, with -v all in full', () => {
    const short = text(formatExplanation(EXPLANATION, look(80)));
    expect(short).toContain('  drain  reclaim-drain, confidence high, 91 %');
    expect(short).toContain('    443c2accd1b6 remotely drain (since 6.0)');
    expect(short.find((line) => line.startsWith('  or other (low, 40 %)'))).toBeDefined();
    const long = text(formatExplanation(EXPLANATION, look(80, 1)));
    expect(long.filter((line) => line === '  Look next')).toHaveLength(2);
  });

  it.each([60, 80, 120])('fits into %i columns, but for commands, which stay whole', (width) => {
    for (const verbosity of [0, 1] as const) {
      const lines = formatExplanation(EXPLANATION, look(width, verbosity));
      const wide = lines.filter((line) => lineWidth(line) > width).map((line) => text([line])[0] ?? '');
      expect(wide.filter((line) => !line.startsWith('    $ ') && !line.includes('a_function_whose_name'))).toEqual([]);
      expect(text(lines)).toContain(`    $ ${MATCH.next[0]?.run}`);
    }
  });

  it('is honest about what it does not know', () => {
    const unknown = (more: Partial<Explanation>): string =>
      text(
        formatExplanation(
          { ...EXPLANATION, matches: [], general: [{ run: 'dmesg', why: 'the log' }], ...more },
          look(100),
        ),
      ).join('\n');
    expect(unknown({})).toContain('This stack fits no known hang. All that can be said: it waits, or works, in mm.');
    expect(unknown({})).toContain('    $ dmesg');
    expect(unknown({ subsystem: null })).toContain('it does not even tell the subsystem');
    expect(unknown({ frames: [] })).toContain('The report has no stack to go by.');
  });

  it('writes out what could move the cursor', () => {
    const frames = [
      { frame: frameOf('evil\u001b[31m'), note: 'x\u0007' },
      { frame: frameOf('b'), note: null },
    ];
    const evil = {
      ...MATCH,
      signature: 's\u202e',
      title: 't\u001b',
      meaning: 'm\u0000',
      mitigations: ['\u009b'],
      references: ['\u0085'],
    };
    const lines = text(formatExplanation({ ...EXPLANATION, frames, matches: [evil, evil] }, look(80, 1)));
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('confidenceWords', () => {
  it.each([
    [0.97, 'high, 97 %'],
    [0.8, 'high, 80 %'],
    [0.79, 'medium, 79 %'],
    [0.5, 'medium, 50 %'],
    [0.49, 'low, 49 %'],
  ])('%f is %s', (confidence, words) => {
    expect(confidenceWords(confidence)).toBe(words);
  });
});

describe('formatExplained', () => {
  const knowledge = loadExplainKnowledge();
  const shown = (input: string, verbosity: Look['verbosity'] = 0): string[] => {
    const stream = new StackStream();
    stream.push(input);
    const read = stream.end();
    return text(formatExplained(explainGroups(read.groups, knowledge), read, 'log', look(80, verbosity)));
  };
  const task = (pid: number, name: string, state = 'D'): string =>
    `task:t${pid} state:${state} stack:0 pid:${pid} ppid:2 flags:0x00000000\nCall Trace:\n __schedule+0x1/0x2\n ${name}+0x1/0x2 [mydrv]\n`;

  it('shows a crowd once', () => {
    const lines = shown(Array.from({ length: 18 }, (_none, index) => task(index + 1, 'a_wait')).join(''));
    expect(lines).toContain('  18 tasks: same stack');
    expect(lines).toContain('    t1 (pid 1), t2 (pid 2), t3 (pid 3), t4 (pid 4), t5 (pid 5), t6 (pid 6), ..');
    expect(lines[0]).toBe('log: 1 different stack (18 in all) in 72 lines.');
  });

  it('begins with an overview where there is much, and does not show all of it in full', () => {
    const lines = shown(Array.from({ length: 20 }, (_none, index) => task(index + 1, `wait_${index}`)).join(''));
    expect(lines.filter((line) => /^ +1x unknown \(mydrv\) +t\d+ \(pid \d+\) {2}line \d+$/.test(line))).toHaveLength(
      20,
    );
    expect(lines).toContain('8 more stacks not shown in full; -v shows all.');
    expect(lines.every((line) => line.length <= 80 || line.startsWith('    $ '))).toBe(true);
  });

  it('counts what merely sleeps in the end, and shows it where there is nothing else', () => {
    const mixed = shown(task(1, 'a_wait') + task(2, 'b_wait', 'S') + task(3, 'c_wait', 'I'));
    expect(mixed).toContain('Not hangs: 2 stacks, -v shows them');
    expect(mixed).toContain('  2x unknown, but a signal ends it');
    expect(shown(task(2, 'b_wait', 'S')).join('\n')).toContain('state S');
  });

  it('is a line for each stack with -q', () => {
    expect(shown(task(1, 'a_wait') + task(2, 'b_wait'), -1)).toHaveLength(4);
  });

  it('names who holds a lock', () => {
    const lines = shown(
      `${task(1, 'a_wait')}INFO: task t1:1 is blocked on a mutex likely owned by task kworker/0:1:77.\nShowing all locks held in the system:\n2 locks held by a/1:\n #0: ffff888077d68a80 (&m){+.+.}, at: x+0x1/0x2\n #1: ffff888077d68b80 (&n){+.+.}, at: x+0x1/0x2\n1 lock held by b/2:\n #0: ffff888077d68a80 (&m){+.+.}, at: x+0x1/0x2\n`,
    );
    expect(lines).toContain("  waits for a mutex of kworker/0:1 (pid 77): look at that task's stack");
    expect(lines).toContain('    held by a (pid 1); wanted by b (pid 2)');
  });
});
