import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StepLine } from '../../src/report/step-line.ts';
import { Writer } from '../../src/report/writer.ts';

let written: string[];
const stderr = { write: (text: string) => void written.push(text) };
const steps = (width: number): StepLine => new StepLine(new Writer(stderr, stderr), width);

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('StepLine', () => {
  it('says nothing about what is over at once', async () => {
    expect(await steps(80).step('reading', () => Promise.resolve(7))).toBe(7);
    expect(written).toEqual([]);
  });

  it('shows what goes on, and for how long, until it is over', async () => {
    const line = steps(80);
    const ends: (() => void)[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
    const both = [line.step('reading \u001b[31m', wait), line.step('asking crash', wait)];
    vi.advanceTimersByTime(2000);
    expect(written.at(-1)).toBe('\r\u001b[2Kreading \\e[31m 2.0 s  asking crash 2.0 s');
    for (const end of ends) end();
    await Promise.all(both);
    expect(written.at(-1)).toBe('\r\u001b[2K');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops when a step fails', async () => {
    const failed = steps(80).step('reading', () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is silent without a terminal', async () => {
    await steps(0).step('reading', () => {
      vi.advanceTimersByTime(5000);
      return Promise.resolve();
    });
    expect(written).toEqual([]);
  });
});
