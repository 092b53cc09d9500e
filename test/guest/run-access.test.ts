import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { RunAccess } from '../../src/guest/run-access.ts';
import { Secret } from '../../src/guest/secret.ts';

let home: string;
let sshConfig: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'access-'));
  sshConfig = join(home, 'ssh_config');
  writeFileSync(sshConfig, 'Host a\n User first\n');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const access = (): RunAccess => new RunAccess({ home, env: {}, sshConfig, becomePassword: Secret.of('x') });

it('guests of one run share it; the next run reads the files anew, and its guests are asked for the password anew', async () => {
  const runs = access();
  const first = runs.of('one');
  expect(runs.of('one')).toBe(first);
  writeFileSync(sshConfig, 'Host a\n User second\n');
  const second = runs.of('two');
  expect(JSON.stringify(first.config)).toContain('first');
  expect(JSON.stringify(second.config)).toContain('second');
  expect(second.become).not.toBe(first.become);
  expect(second.hostKeys).not.toBe(first.hostKeys);
  // Those are of the machine, whatever it does.
  expect(second.handshakes).toBe(first.handshakes);
  expect(second.keyring).toBe(first.keyring);
  await runs.close();
});

it('remembers the runs of late only', async () => {
  const runs = access();
  const first = runs.of('0');
  const second = runs.of('1');
  for (let run = 2; run < 20; run += 1) runs.of(String(run));
  expect(runs.of('0')).toBe(first);
  runs.of('20');
  expect(runs.of('0')).toBe(first);
  expect(runs.of('1')).not.toBe(second);
  await runs.close();
});
