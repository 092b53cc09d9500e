import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const GATED = ['--yes', '--skip', 'kdump,trace,crash', '--set', 'arm.when=always'];
const ROLLOUT = ['--canary', '1', '--gate', '--json'];

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;

beforeAll(async () => {
  lab = await labUp({ count: 2, kind: 'full' });
  provision = clientOf(lab);
});
afterAll(() => lab.down());

const gates = ({ stdout }: Ran): Event[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .filter(({ kind }) => kind === 'rollout.gate');
const status = async (name: string): Promise<string> => (await lab.exec(name, 'cat /run/provision/arm')).stdout;

it('a guest whose arm gate still counts is healthy: the rollout goes on', async () => {
  const ran = await provision('apply', 'debug-panic', ...GATED, '--set', 'arm.after=5h', ...ROLLOUT);
  expect(ran.code, ran.stdout).toBe(0);
  expect(gates(ran)).toMatchObject([{ batch: 1, passed: true }]);
  const { stdout, code } = await provision('verify', 'debug-panic', ...GATED, '--set', 'arm.after=5h');
  expect(code, stdout).toBe(0);
  expect(stdout).toContain('not armed yet');
});

it('a guest whose arm gate has refused is not: the rollout stops, and says what the gate said', async () => {
  const days = ['1', '2', '3'].map((n) => `/var/crash/20261124120${n}`).join(' ');
  await lab.exec('vm1', `mkdir -p ${days} && touch ${days}`);
  const settings = [...GATED, '--set', 'arm.after=0s'];
  expect((await provision('apply', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
  const { code } = await lab.exec('vm1', 'for i in $(seq 300); do grep -rqs refused /run/provision/ && exit; sleep 0.1; done; exit 1'); // prettier-ignore
  expect(code, await status('vm1')).toBe(0);
  const ran = await provision('apply', 'debug-panic', ...settings, ...ROLLOUT);
  expect(ran.code, ran.stdout).toBe(1);
  expect(gates(ran)).toMatchObject([{ batch: 1, passed: false }]);
  expect(JSON.stringify(gates(ran))).toContain('breaker: 3 crashes');
  expect(ran.stdout).toContain('"not-begun"');
});
