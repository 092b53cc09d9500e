import { describe, expect, it } from 'vitest';

import { fenceCall } from '../../src/plan/fence.ts';
import { convergeLibrary, renderScript, type JobIdentity } from '../../src/plan/script.ts';
import { bareFacts } from './support/facts.ts';
import { planFor, shipped } from './support/planning.ts';

const JOB: JobIdentity = { id: 'abc-1', client: '-', owner: 'ann@desk', waitSeconds: 3, lockSeconds: 60 };
const FENCE = { token: '1790000000000001', run: '20261127-021200-0a1b2c', bootId: 'b1' };
const plan = planFor(bareFacts());
const lines = (job: JobIdentity): string[] => renderScript(plan, '', job).split('\n');

describe('the fence of a job', () => {
  it('stands right after the lock, before anything is looked at or changed', () => {
    const fenced = lines({ ...JOB, fence: FENCE });
    const at = fenced.indexOf('fence 1790000000000001 20261127-021200-0a1b2c b1');
    expect(fenced[at - 1]).toBe('begin abc-1 - ann@desk');
    expect(fenced[at + 1]).toMatch(/^expect_machine /);
    expect(fenced.filter((_line, index) => index !== at)).toEqual(lines(JOB));
  });

  it('comes with the functions that it is written in', () => {
    expect(convergeLibrary(shipped.templates)).toMatch(/^fence\(\) \{$/m);
  });

  it.each(['1', '9', '1790000000000001', '9223372036854775807', '9223372036854775808', '9999999999999999999'])(
    'takes the token %s',
    (token) => {
      expect(fenceCall({ token, run: 'r1' }, 'b1')).toBe(`fence ${token} r1 b1`);
    },
  );

  it.each(['', '0', '01', '-1', '+1', '1.0', '1e3', ' 1', '1\n', '0x10', '10000000000000000000', '１', '1;reboot'])(
    'does not take %j for a token',
    (token) => {
      expect(() => fenceCall({ token, run: 'r1' }, 'b1')).toThrow('not a fencing token');
    },
  );

  it.each(['', 'a b', 'a\nb', "a'b", 'ä', 'x'.repeat(129)])('does not take %j for a run', (run) => {
    expect(() => fenceCall({ token: '1', run }, 'b1')).toThrow('not the id of a run');
  });
});
