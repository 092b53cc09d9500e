import { describe, expect, it } from 'vitest';

import { lineWidth } from '../../../src/report/cells.ts';
import { createPaint } from '../../../src/report/colors.ts';
import { formatFrame, type Size } from '../../../src/report/live/frame.ts';
import type { LiveState } from '../../../src/report/live/live-state.ts';
import { fleetEvents, stateAt } from './fleet-events.ts';

const paint = createPaint(false);
const shown = (state: LiveState, now: number, [columns, rows]: readonly [number, number]): string => {
  const frame = formatFrame(state, now, { columns, rows });
  for (const line of frame) expect(lineWidth(line)).toBeLessThan(columns);
  expect(frame.length).toBeLessThan(rows);
  return frame.map(paint).join('\n');
};
const SIZES = [
  [40, 10],
  [80, 24],
  [200, 50],
] as const;

describe('a frame', () => {
  it.each([
    [1, 1, 900],
    [20, 8, 9000],
    [500, 50, 42_000],
  ])('of %i guests, %i at a time, after %i ms', async (count, forks, now) => {
    const state = stateAt(fleetEvents(count, forks), now);
    const text = SIZES.map((size) => `--- ${size.join('x')}\n${shown(state, now, size)}\n`).join('');
    await expect(text).toMatchFileSnapshot(`../../golden/live/${count}.txt`);
  });

  const state = stateAt(fleetEvents(500, 50), 42_000);

  it.each([1, 2, 3, 4, 5, 8, 13, 100])('fits a terminal of %i rows', (rows) => {
    const size: Size = { columns: 40, rows };
    const frame = formatFrame(state, 42_000, size);
    expect(frame.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    if (rows > 3) expect(frame.length).toBeGreaterThanOrEqual(3);
  });

  it.each([1, 2, 5, 12])('fits a terminal of %i columns', (columns) => {
    for (const line of formatFrame(state, 42_000, { columns, rows: 24 })) {
      expect(lineWidth(line)).toBeLessThanOrEqual(Math.max(2, columns - 1));
    }
  });

  it('shows no control characters of a guest', () => {
    const nasty = stateAt(
      [
        [0, { kind: 'run.started', command: 'apply', guests: ['\u001b[2Jx', 'b'] }],
        [0, { kind: 'guest.begun', guest: '\u001b[2Jx' }],
        [0, { kind: 'guest.step', guest: '\u001b[2Jx', stage: 0, step: '\u0007bell', status: 'started' }],
      ],
      1,
    );
    expect(shown(nasty, 1, [80, 24])).toBe(
      ' apply  0/2 guests  0 s\n 1 changing  1 waiting\n 0 s  \\e[2Jx  changing  \\x07bell',
    );
  });
});
