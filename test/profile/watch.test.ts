import { describe, expect, it } from 'vitest';

import { profileNotes } from '../../src/profile/notes.ts';
import { resolveProfile } from '../../src/profile/resolve.ts';
import { formatDesired } from '../../src/report/profile-text.ts';
import { loadSysctls } from '../../src/shipped/catalogue.ts';
import { composed, errorOf } from './support.ts';

const catalogue = loadSysctls();
const resolved = (body: string, sets: string[] = []) => resolveProfile(composed(body), { catalogue, sets });

describe('trace.watch', () => {
  it('has defaults for all that it does not say', () => {
    expect(resolved('trace: { watch: {} }').watch).toEqual({
      blocked: 30,
      memoryFull: 20,
      ioFull: null,
      workqueues: true,
      every: 5,
      keep: 20,
      maxKiB: 65_536,
    });
  });

  it.each([['trace: {}'], ['trace: { watch: false }'], ['trace: false'], ['kdump: {}']])(
    'is nothing with %s',
    (body) => {
      expect(resolved(body).watch).toBeNull();
    },
  );

  it('can be set, and switched on by a single setting', () => {
    expect(resolved('kdump: {}', ['trace.watch.blocked=1m30s']).watch?.blocked).toBe(90);
    const body = 'trace: { watch: { memory_full: never, io_full: 100%, max_size: 2G, every: 1m, workqueues: false } }';
    expect(resolved(body).watch).toMatchObject({
      memoryFull: null,
      ioFull: 100,
      maxKiB: 2 * 1024 * 1024,
      every: 60,
      workqueues: false,
    });
  });

  it.each([
    ['blocked: 30', /trace.watch.blocked takes a duration.*needs a unit/],
    ['blocked: 0s', /at least 1s/],
    ['memory_full: 20', /takes a percentage such as 20%, or never/],
    ['memory_full: 0%', /takes a percentage/],
    ['io_full: 101%', /takes a percentage/],
    ['max_size: 64', /takes a size such as 64M/],
    ['max_size: 64K', /takes a size/],
    ['keep: 0', /takes a whole number, 1 to 1000/],
    ['workqueues: yes', /write true/],
    ['blockd: 30s', /did you mean blocked\?/],
  ])('refuses %s', (body, says) => {
    expect(errorOf(() => resolved(`trace: { watch: { ${body} } }`)).message).toMatch(says);
  });

  it('is shown with where each value comes from', () => {
    const text = formatDesired(resolved('trace: { watch: { keep: 3 } }', ['trace.watch.blocked=10s']), true);
    expect(text).toMatch(/trace\.watch\.blocked +10s +--set trace\.watch\.blocked=10s/);
    expect(text).toMatch(/trace\.watch\.keep +3 +mine\.yaml:3:\d+/);
    expect(text).toMatch(/trace\.watch\.memory_full +20% +default/);
  });

  it.each<[number, string, string]>([
    [1, '60s', '60s'],
    [1, '60s', '90s'],
    [0, '60s', '59s'],
  ])('%d note when a hang panics after %s and is evidence after %s', (notes, timeout, blocked) => {
    const state = resolved(
      `hung_task: { panic: true, timeout: ${timeout} }\ntrace: { watch: { blocked: ${blocked} } }`,
    );
    const about = profileNotes(state, catalogue).filter(({ path }) => path === 'trace.watch.blocked');
    expect(about).toHaveLength(notes);
  });
});
