import { describe, expect, it } from 'vitest';
import type { TopWait } from '../../../src/investigate/flame/top.ts';
import { createPaint } from '../../../src/report/colors.ts';
import type { Line } from '../../../src/report/cells.ts';
import { microseconds, percent } from '../../../src/report/quantities.ts';
import { formatTop } from '../../../src/report/trace/top-lines.ts';
import { formatTool, formatTraced } from '../../../src/report/trace/trace-lines.ts';

const LOOK = { width: 100, verbosity: 0 } as const;
const text = (lines: readonly Line[]): string => lines.map(createPaint(false)).join('\n');
const wait = (more: Partial<TopWait>): TopWait => ({
  task: 'dd',
  on: ['vm1'],
  us: 2_912_345,
  share: 0.9,
  where: 'submit_bio_wait',
  wait: 'disk',
  waker: null,
  pending: false,
  signature: null,
  meaning: null,
  ...more,
});

describe('quantities of traces', () => {
  it.each([
    [0, '0 us'],
    [999, '999 us'],
    [1000, '1.0 ms'],
    [999_949, '999.9 ms'],
    [999_950, '1.00 s'],
    [7_200_000_000, '7200.00 s'],
  ])('%d', (us, words) => {
    expect(microseconds(us)).toBe(words);
  });

  it.each([
    [0, 0, '0.0 %'],
    [1, 3, '33.3 %'],
    [1, 30_000, '0.003 %'],
    [3, 3, '100.0 %'],
  ])('%d of %d', (part, whole, words) => {
    expect(percent(part, whole)).toBe(words);
  });
});

describe('the table', () => {
  it('has a line for each place, what it means under it, and nothing raw from a guest', () => {
    const waits = [
      wait({ meaning: 'waits for a bio that it submitted itself' }),
      wait({
        task: 'X\u001b[2J',
        on: ['vm1', 'vm2'],
        us: 1500,
        share: 0.0004,
        where: 'f\n',
        wait: 'unheard',
        pending: true,
      }),
      wait({ task: 'Xorg', waker: 'kworker/0:1' }),
    ];
    expect(text(formatTop(waits, new Map([['disk', 'disk I/O']]), LOOK))).toBe(
      [
        '  time    share  task                                waits for  in',
        '2.91 s   90.0 %  dd                                  disk I/O   submit_bio_wait',
        '    waits for a bio that it submitted itself',
        '1.5 ms  0.040 %  X\\e[2J on 2 guests (not come back)  unheard    f\\n',
        '2.91 s   90.0 %  Xorg, woken by kworker/0:1          disk I/O   submit_bio_wait',
        '',
      ].join('\n'),
    );
  });

  it('is not there when there is nothing in it', () => {
    expect(formatTop([], new Map(), LOOK)).toEqual([]);
  });
});

describe('a trace', () => {
  const tool = {
    kind: 'guest.trace-tool',
    guest: 'vm1',
    tool: 'bcc',
    program: '/usr/sbin/offcputime-bpfcc',
    version: '0.26.0',
    because: 'the headers are there',
    passedOver: [{ tool: 'bpftrace', reason: 'no BTF' }],
  } as const;
  it('says what traces and why; the rest when one asks', () => {
    expect(text(formatTool(tool, LOOK))).toBe('vm1 traced by offcputime-bpfcc 0.26.0: the headers are there');
    expect(text(formatTool(tool, { ...LOOK, verbosity: 1 }))).toContain('vm1 not by bpftrace: no BTF');
  });

  it('names who has not come back, and what limits it', () => {
    const lines = formatTraced(
      {
        kind: 'guest.trace',
        guest: 'vm1',
        mode: 'offcpu',
        target: 'Xorg',
        tool: 'bpftrace',
        us: 0,
        stacks: 0,
        pending: [{ comm: 'Xorg', pid: 7, us: 5_000_000 }],
        stuck: [],
        lost: 1,
        full: false,
        stopped: false,
        notes: ['1 stacks could not be read or kept'],
      },
      LOOK,
    );
    expect(text(lines)).toBe(
      'vm1: Xorg (7) left in D and has not come back: 5.00 s until the end\nvm1: 1 stacks could not be read or kept',
    );
  });
});
