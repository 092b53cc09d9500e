import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { beforeAll, expect, it } from 'vitest';

import { clientOf, isLeft } from '../../src/cli/operator.ts';
import { processWord } from '../../src/journal/process.ts';

const ME = 'ann@desk';
const ALIVE = processWord();
let dead = '';

beforeAll(async () => {
  const child = spawn('sleep', ['60']);
  dead = processWord(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

it.each([
  ['my own client that was killed', `${ME} (provision apply, run r1)`, true, [], true],
  ['my own client that was killed, without a journal', `${ME} (provision apply)`, true, [], true],
  ['my own client that still runs', `${ME} (provision apply, run r1)`, false, [], false],
  ["somebody else's client on this machine, which is gone", 'bob@desk (provision apply, run r1)', true, [], false],
  ['somebody whose name begins like mine', 'ann@desktop (provision apply, run r1)', true, [], false],
  ["somebody else's client", 'bob@rack (provision apply, run r1)', false, [], false],
  ['the run that is gone on with, begun elsewhere', 'ann@laptop (provision apply, run r1)', false, ['r1', 'r2'], true],
  ['another run than the one that is gone on with', 'ann@laptop (provision apply, run r3)', false, ['r1'], false],
])('the plan of %s', (_whose, owner, gone, family, left) => {
  const job = { id: 'j', client: gone ? dead : ALIVE, since: '2026-11-24T21:22:00Z', owner };
  expect(isLeft(job, ME, family)).toBe(left);
});

it('signs with the command and the run that is written down', () => {
  const lock = { command: 'apply', family: [], waits: false };
  expect(clientOf({ ...lock, run: '20261124-212200-a1b2c3' }).owner).toMatch(
    /^\S+@\S+ \(provision apply, run 20261124-212200-a1b2c3\)$/,
  );
  expect(clientOf({ ...lock, run: undefined })).toMatchObject({ id: ALIVE, waits: false });
  expect(clientOf({ ...lock, run: undefined }).owner).toMatch(/^\S+@\S+ \(provision apply\)$/);
});
