import { expect, it } from 'vitest';

import { whyNobodyComes, type WorkerCard } from '../../src/engine/presence.ts';

const card = (version: string, ...only: string[]): WorkerCard => ({ id: 'w1.1.abcd', version, forks: 1, only });

it.each<[string, WorkerCard[], string[], string | null]>([
  ['nobody waits', [], [], null],
  ['a worker for all', [card('1.0')], ['direct', 'gate'], null],
  ['one for each way', [card('1.0', 'direct'), card('1.0', 'gate', 'other')], ['direct', 'gate'], null],
  [
    'no worker at all',
    [],
    ['direct'],
    'no worker of version 1.0 is there; 1 guest waits for one: provision worker --engine ..',
  ],
  [
    'others only',
    [card('0.9'), card('0.8', 'gate'), card('0.9')],
    ['direct', 'gate'],
    'no worker of version 1.0 is there (there are workers of 0.8, 0.9); 2 guests wait for one: provision worker --engine ..',
  ],
  [
    'none behind a bastion',
    [card('1.0', 'direct'), card('0.9')],
    ['direct', 'ops@gate', 'ops@gate'],
    'no worker serves guests behind ops@gate; 2 guests wait for one: provision worker --via ops@gate --engine ..',
  ],
  [
    'behind a bastion only',
    [card('1.0', 'gate')],
    ['direct'],
    'no worker serves guests that are dialled directly; 1 guest waits for one: provision worker --via direct --engine ..',
  ],
])('why nobody comes: %s', (_name, workers, waiting, why) => {
  expect(whyNobodyComes(workers, '1.0', waiting)).toBe(why);
});
