import { spawnSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createReporter } from '../../../src/report/reporter.ts';
import { Screen, setScreensAside } from '../../../src/report/live/screen.ts';
import { fleetEvents } from './fleet-events.ts';
import { TestTerminal } from './terminal.ts';

/** A frame's height and width, text for above it, or what else happens to a terminal. */
type Act = { readonly draw: readonly [number, number] } | { readonly print: number } | { readonly foreign: number };

describe('a screen', () => {
  const act = fc.oneof(
    fc.record({ draw: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 })) }),
    fc.record({ print: fc.integer({ min: 1, max: 130 }) }),
    fc.record({ foreign: fc.integer({ min: 1, max: 130 }) }),
  );

  it('holds every printed line once and in order, and nothing of the block', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts: readonly Act[]) => {
        const terminal = new TestTerminal(40, 10);
        const screen = new Screen(terminal, terminal);
        const printed: string[] = [];
        acts.forEach((one, index) => {
          if ('draw' in one) screen.draw(Array.from({ length: one.draw[0] }, () => 'F'.repeat(one.draw[1])));
          else {
            const length = 'print' in one ? one.print : one.foreign;
            const text = `${index}:`.padEnd(length, '-');
            printed.push(text);
            if ('print' in one) screen.above(`${text}\n`, index % 2 === 0 ? 'stdout' : 'stderr');
            else terminal.write(`${text}\n`);
          }
        });
        screen.close();
        expect(await terminal.lines()).toEqual(printed);
      }),
      { numRuns: 60 },
    );
  });

  const SIZES = [
    [40, 20],
    [30, 8],
    [120, 30],
    [60, 9],
  ] as const;
  const resized = async (width: (columns: number) => number): Promise<string[]> => {
    const terminal = new TestTerminal(100, 20);
    const screen = new Screen(terminal, terminal);
    const frame = (): string[] => Array.from({ length: 6 }, () => 'F'.repeat(width(terminal.columns)));
    screen.above('first\n', 'stdout');
    for (const [columns, rows] of SIZES) {
      screen.draw(frame());
      await terminal.resize(columns, rows);
      screen.above(`at ${columns}\n`, 'stderr');
    }
    screen.draw(frame());
    screen.close();
    return terminal.lines();
  };
  const EXPECTED = ['first', 'at 40', 'at 30', 'at 120', 'at 60'];

  it('leaves nothing behind when the terminal is resized under it', async () => {
    expect(await resized(() => 29)).toEqual(EXPECTED);
  });

  it('takes no printed line away where a resize wraps its own lines', async () => {
    // xterm.js moves the cursor down past what it wraps below it, so parts of an old block can stay in its scrollback.
    const lines = await resized((columns) => columns - 1);
    expect(lines.filter((line) => !/^F+$/.test(line))).toEqual(EXPECTED);
  });

  it('keeps away from a question, and from a line that somebody else has begun', async () => {
    const terminal = new TestTerminal(60, 10);
    const screen = new Screen(terminal, terminal);
    screen.draw(['block']);
    const putBack = setScreensAside();
    terminal.write('Trust the key? ');
    expect(screen.draw(['block'])).toBe(false);
    screen.above('late\n', 'stderr');
    terminal.write('y\n');
    putBack();
    terminal.write('half');
    expect(screen.draw(['block'])).toBe(false);
    terminal.write(' a line\n');
    expect(screen.draw(['block'])).toBe(true);
    screen.close();
    expect(await terminal.lines()).toEqual(['Trust the key? y', 'late', 'half a line']);
  });
});

it('a run of 500 guests draws ten times a second at most, and only what is new', async () => {
  const terminal = new TestTerminal(80, 24);
  let now = 0;
  let tick = (): void => undefined;
  const reporter = createReporter({
    mode: 'terminal',
    stdout: terminal,
    stderr: terminal,
    color: false,
    tty: true,
    verbosity: 0,
    command: 'apply',
    clock: { now: () => now, every: (_ms, next) => ((tick = next), () => undefined) },
  });
  for (const [at, event] of fleetEvents(500, 50)) {
    for (; now + 100 < at; now += 100) tick();
    reporter.emit(event);
  }
  const frames = terminal.bytes.split('\u001b[?25l').length - 1;
  expect(frames).toBeGreaterThan(now / 1000);
  expect(frames).toBeLessThanOrEqual(now / 100);
  const lines = await terminal.lines();
  expect(lines.filter((line) => line.includes('waiting') || line.includes('and 21 before'))).toEqual([]);
  expect(lines.at(-1)).toMatch(/^500 guests: /);
});

describe('on a real terminal', () => {
  /** What a program writes to a terminal of 60x16 that `script` makes, and the screen that it leaves. */
  const run = async (what: string): Promise<{ readonly bytes: string; readonly lines: readonly string[] }> => {
    const entry = new URL('entry.ts', import.meta.url).pathname;
    const { stdout } = spawnSync(
      'script',
      ['-qfec', `stty cols 60 rows 16; exec ${process.execPath} --import tsx ${entry} ${what}`, '/dev/null'],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', CI: '' } },
    );
    const terminal = new TestTerminal(60, 16);
    terminal.write(stdout);
    const lines = await terminal.lines();
    // The cursor is seen and lines wrap, whatever happened.
    expect(stdout.lastIndexOf('\u001b[?25l')).toBeLessThan(stdout.lastIndexOf('\u001b[?25h'));
    expect(stdout.lastIndexOf('\u001b[?7l')).toBeLessThan(stdout.lastIndexOf('\u001b[?7h'));
    expect(stdout).toContain('/60 guests');
    for (const line of lines) expect(line).not.toMatch(/\/60 guests|\d (changing|waiting)/);
    return { bytes: stdout, lines };
  };

  it('each result is there once, and nothing of the view', async () => {
    const { lines } = await run('run');
    expect(lines.filter((line) => line.startsWith('60 guests: '))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('apt-get exited with 100'))).toHaveLength(1);
  }, 60_000);

  it('with -v every line of every guest is there once and whole', async () => {
    const { lines } = await run('verbose');
    const said = lines.filter((line) => /^vm\d+ \| /.test(line));
    const expected = fleetEvents(60, 20, { lines: 3 }).flatMap(([, event]) =>
      event.kind === 'guest.output' ? [`${event.guest} | ${event.line}`] : [],
    );
    expect([...said].sort()).toEqual(expected.sort());
  }, 60_000);

  it('what others write stays to be read', async () => {
    const { lines } = await run('foreign');
    expect(lines.filter((line) => line === 'stopping: running guests are finished')).toHaveLength(1);
  }, 60_000);

  it.each(['throw', 'exit'])(
    '%s in the middle leaves no view',
    async (what) => {
      const { lines } = await run(what);
      expect(lines.some((line) => line.includes('a defect'))).toBe(what === 'throw');
    },
    60_000,
  );
});
