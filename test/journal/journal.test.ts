import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ProvisionError } from '../../src/errors.ts';
import { Journal } from '../../src/journal/journal.ts';
import { beganAt, isAlive } from '../../src/journal/process.ts';
import { newestRun, readRequest, readRun, runIds } from '../../src/journal/read.ts';
import { begun, ended, recordOf } from './records.ts';

const ID = '20261124-212200-a1b2c3';
const head = (() => {
  const { events, ...rest } = recordOf(ID, ['vm1', 'vm2'], []);
  expect(events).toEqual([]);
  return rest;
})();
const request = { command: 'apply', profile: 'debug-panic', flags: { set: ['a=1'] }, cwd: '/', profileFiles: {} };
const events = [begun('vm1'), ended('vm1', 'changed'), begun('vm2')];

let folder = '';
let notes: string[] = [];
const begin = (directory = folder): Journal => Journal.begin(directory, head, request, (text) => notes.push(text));
const file = (): string => join(folder, ID, 'journal.jsonl');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runs-'));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a journal', () => {
  it('is read as it was written, and is nobody else’s to read', async () => {
    const journal = begin();
    for (const event of events) journal.record(event);
    await journal.close();
    const record = readRun(folder, ID);
    expect(record).toMatchObject(head);
    expect(record.events.map(({ event }) => event)).toEqual(events);
    expect(readRequest(folder, ID)).toEqual(request);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ID)).mode & 0o777).toBe(0o700);
    expect(notes).toEqual([]);
  });

  it('is there for others before it is closed', async () => {
    const journal = begin();
    journal.record(events[0]!);
    await vi.waitFor(() => expect(readRun(folder, ID).events).toHaveLength(1));
    await journal.close();
  });

  it('that cannot be begun is an error that says what to do', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => begin(join(folder, 'file'))).toThrow(ProvisionError);
    expect(() => begin(join(folder, 'file'))).toThrow(/journal of this run cannot be written/);
  });

  it('whose writes fail says so once, and does not end the run', async () => {
    const journal = begin();
    await journal.close();
    journal.record(events[0]!);
    journal.record(events[2]!);
    await vi.waitFor(() => expect(notes).toHaveLength(1));
    expect(notes[0]).toMatch(/^the journal of this run is not complete: /);
  });

  it('cut off anywhere is what came before', async () => {
    const journal = begin();
    for (const event of events) journal.record(event);
    await journal.close();
    const whole = readFileSync(file(), 'utf8');
    const first = whole.indexOf('\n');
    fc.assert(
      fc.property(fc.integer({ min: first, max: whole.length }), (length) => {
        writeFileSync(file(), whole.slice(0, length));
        const lines = whole
          .slice(0, length)
          .split('\n')
          .slice(1)
          .filter((line) => line.endsWith('}}'));
        expect(readRun(folder, ID).events).toHaveLength(lines.length);
      }),
    );
  });

  it('goes on after a line that a full disk cut off', async () => {
    await begin().close();
    appendFileSync(file(), '{"at":"2026-11-24T21:22:01.0');
    appendFileSync(file(), `\n${JSON.stringify({ at: '2026-11-24T21:22:02.000Z', event: events[1] })}\n`);
    expect(readRun(folder, ID).events.map(({ event }) => event)).toEqual([events[1]]);
  });
});

describe('the folder of runs', () => {
  it('has no runs where there is none, and says how to get one', () => {
    expect(runIds(join(folder, 'no'))).toEqual([]);
    expect(() => newestRun(folder)).toThrow(/there are no runs in/);
  });

  it('knows runs by their names, the newest last', async () => {
    await begin().close();
    for (const name of ['report.html', 'x', '20261124']) writeFileSync(join(folder, name), '');
    expect(runIds(folder)).toEqual([ID]);
    expect(newestRun(folder)).toBe(ID);
  });

  it.each(['../../etc', '20261124-212200-zzzzzz', ''])('%j is no run', (id) => {
    expect(() => readRun(folder, id)).toThrow(/there is no run/);
  });

  it('a journal without a beginning is named', async () => {
    await begin().close();
    chmodSync(file(), 0o600);
    writeFileSync(file(), '{"at":1}\n');
    expect(() => readRun(folder, ID)).toThrow(/has no beginning/);
  });
});

it('tells a live process from one that has its number', () => {
  expect(isAlive({ pid: process.pid, began: beganAt(process.pid) })).toBe(true);
  expect(isAlive({ pid: process.pid, began: '1' })).toBe(false);
  expect(isAlive({ pid: 2 ** 22 + 1, began: '' })).toBe(false);
  expect(isAlive(undefined)).toBe(false);
});
