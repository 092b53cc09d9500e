import { describe, expect, it } from 'vitest';
import { createReporter, type Clock, type Reporter } from '../../src/report/reporter.ts';
import { finished } from './plans.ts';

class ManualClock implements Clock {
  time = 1000;
  #tick: (() => void) | undefined;
  now(): number {
    return this.time;
  }
  every(_ms: number, tick: () => void): () => void {
    this.#tick = tick;
    return () => (this.#tick = undefined);
  }
  advance(ms: number): void {
    this.time += ms;
    this.#tick?.();
  }
}

interface Scene {
  readonly reporter: Reporter;
  readonly clock: ManualClock;
  /** Both streams in the order they were written, as a terminal gets them. */
  readonly written: { stream: 'out' | 'err'; text: string }[];
}

function scene(tty: boolean, columns = 100): Scene {
  const clock = new ManualClock();
  const written: Scene['written'] = [];
  const reporter = createReporter({
    mode: 'terminal',
    stdout: { write: (text) => written.push({ stream: 'out', text }) },
    stderr: { write: (text) => written.push({ stream: 'err', text }), columns },
    color: false,
    tty,
    verbosity: 0,
    command: 'apply',
    clock,
  });
  reporter.emit({ kind: 'run.started', command: 'apply', profile: 'p', guests: ['vm1', 'vm2', 'vm3'] });
  return { reporter, clock, written };
}

describe('the live line', () => {
  it('says how far, how well and who is slowest', () => {
    const { reporter, clock, written } = scene(true);
    reporter.emit({ kind: 'guest.connected', guest: 'vm2', ms: 100 });
    reporter.emit({ kind: 'guest.connected', guest: 'vm3', ms: 50 });
    reporter.emit({ kind: 'guest.step', guest: 'vm2', stage: 0, step: 'package:install', status: 'started' });
    reporter.emit(finished('vm1', 'failed'));
    clock.advance(4100);
    expect(written).toEqual([
      { stream: 'err', text: '\r\u001b[2K1/3 guests  1 failed  slowest vm2 4.2 s package:install' },
    ]);
  });

  it('shows how much has come, how fast, and how long it will take, over all guests', () => {
    const { reporter, clock, written } = scene(true);
    const came = (guest: string, done: number): void =>
      reporter.emit({ kind: 'guest.transfer', guest, dump: '202611241200', done, total: 40_000_000 });
    for (const guest of ['vm2', 'vm3']) reporter.emit({ kind: 'guest.connected', guest, ms: 0 });
    // What an earlier run has brought is here, and says nothing about the line.
    came('vm2', 20_000_000);
    came('vm3', 0);
    clock.advance(2000);
    expect(written.at(-1)?.text).toContain('20.0 MB of 80.0 MB  slowest vm2 2.0 s');
    came('vm2', 30_000_000);
    came('vm3', 10_000_000);
    clock.advance(0);
    expect(written.at(-1)?.text).toContain('40.0 MB of 80.0 MB  10.0 MB/s  4.0 s left  slowest');
  });

  it('shows nothing for a run that is over at once, nor without a terminal', () => {
    const quick = scene(true);
    quick.clock.advance(400);
    expect(quick.written).toEqual([]);
    const piped = scene(false);
    piped.clock.advance(5000);
    expect(piped.written).toEqual([]);
  });

  it('is gone before results are written, and does not come back', () => {
    const { reporter, clock, written } = scene(true);
    clock.advance(1000);
    for (const guest of ['vm1', 'vm2', 'vm3']) reporter.emit(finished(guest, 'changed', 2));
    reporter.emit({ kind: 'run.finished', outcomes: { changed: 3 }, exitCode: 0, ms: 1000 });
    clock.advance(1000);
    expect(written[1]).toEqual({ stream: 'err', text: '\r\u001b[2K' });
    expect(written.slice(2).every(({ stream }) => stream === 'out')).toBe(true);
  });

  it('is taken away by finish when the run ends by an error', () => {
    const { reporter, clock, written } = scene(true);
    clock.advance(1000);
    reporter.finish();
    reporter.finish();
    clock.advance(1000);
    expect(written.map(({ text }) => text)).toEqual(['\r\u001b[2K0/3 guests', '\r\u001b[2K']);
  });

  it('fits the terminal and shows no control characters of a guest', () => {
    const { reporter, clock, written } = scene(true, 40);
    reporter.emit({ kind: 'guest.connected', guest: `\u001b[2J${'long'.repeat(30)}`, ms: 1 });
    clock.advance(1000);
    const line = written[0]?.text.slice('\r\u001b[2K'.length) ?? '';
    expect(line).toContain('\\e[2J');
    expect(line.length).toBeLessThan(40);
  });
});
