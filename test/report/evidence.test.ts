import { expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import type { EvidenceAbout, EvidencePiece } from '../../src/investigate/evidence/piece.ts';
import { finished, show } from './plans.ts';

const about = (changes: Partial<EvidenceAbout> = {}): EvidenceAbout => ({
  why: 'blocked',
  again: false,
  time: 1_700_000_000,
  bootId: 'b1',
  kernel: '6.1',
  hostname: 'vm1',
  uptimeSeconds: 60,
  limitSeconds: 30,
  tasks: [{ tid: 1458, start: '1', comm: 'Xorg', seconds: 30, ended: { seconds: 47, how: 'woke' } }],
  pressures: [],
  dropped: false,
  ...changes,
});
const piece = (name: string, changes: Partial<EvidencePiece> = {}): EvidencePiece => ({
  name,
  directory: `/var/lib/provision/evidence/${name}`,
  place: 'disk',
  bytes: 41_000,
  stacks: { name: 'stacks.gz', size: 40_000, mtime: 1 },
  about: about(),
  texts: { about: [], ended: [] },
  ...changes,
});

it('the evidence of a fleet is one table, and guests without any say why', () => {
  const base = { now: 1_700_003_600, bootId: 'b1', watcher: 'active' };
  const tasks = [
    { tid: 7, start: '1', comm: 'evil\u001b[31m', seconds: 60, ended: null },
    ...about().tasks,
    ...about().tasks,
  ];
  const events: Event[] = [
    { kind: 'run.started', command: 'evidence list', guests: ['vm1', 'vm2', 'vm3', 'vm4'] },
    {
      kind: 'guest.evidence',
      guest: 'vm1',
      ...base,
      pieces: [
        piece('000003-x-memory', {
          place: 'memory',
          stacks: null,
          about: about({
            why: 'memory',
            tasks: [],
            pressures: [{ resource: 'memory', seconds: 0, percent: 45.5, ended: { seconds: 75, worst: 81 } }],
          }),
        }),
        piece('000002-x-blocked', { about: about({ again: true, tasks, bootId: 'b0' }) }),
        piece('000001-x', { about: null }),
      ],
    },
    { kind: 'guest.evidence', guest: 'vm4', ...base, watcher: 'failed', pieces: [piece('000001-x-blocked')] },
    { kind: 'guest.evidence', guest: 'vm2', ...base, pieces: [] },
    { kind: 'guest.evidence', guest: 'vm3', ...base, watcher: null, pieces: [] },
    ...['vm1', 'vm2', 'vm3', 'vm4'].map((guest) => finished(guest, 'converged')),
    { kind: 'run.finished', outcomes: { converged: 4 }, exitCode: 0, ms: 400 },
  ];
  expect(show(events, { command: 'evidence list' }).stdout).toMatchInlineSnapshot(`
    "GUEST  EVIDENCE          AGE        WHY             TASK                     LASTED        SIZE
    vm1    000003-x-memory   1 h 0 min  memory full     memory 45.5 %            75 s          40 KiB  in memory only, no stacks
    vm1    000002-x-blocked  1 h 0 min  blocked, still  evil\\e[31m 7 and 2 more  60 s or more  40 KiB  before the last boot
    vm1    000001-x          -          cannot be read
    vm4    000001-x-blocked  1 h 0 min  blocked         Xorg 1458                47 s          40 KiB
    vm2  no evidence; the watcher runs, and nothing hung
    vm3  no evidence; no watcher runs: provision apply trace-stalls installs one
    vm4  the watcher has failed: see journalctl -u provision-watch

    4 guests: 4 read, 0 failed (0.4 s)
    "
  `);
});
