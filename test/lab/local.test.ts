import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SNAPSHOT } from './support/client.ts';
import { labUp, ran, type Lab, type Ran } from './support/lab.ts';

const ROOT = join(import.meta.dirname, '../..');
const SETTINGS = '--skip kdump,trace,crash --set arm.after=0s';
let lab: Lab;

/** This very build, and the node that runs the tests, inside a guest. */
async function install(name: string): Promise<void> {
  const { stdout } = await ran('npm', ['ls', '--prefix', ROOT, '--omit=dev', '--all', '--parseable']);
  const modules = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((path) => relative(ROOT, path));
  const parts = ['package.json', 'dist', 'profiles', 'catalogue', 'templates', ...new Set(modules)];
  const node = realpathSync(process.execPath);
  const send = `tar -C "$0" -cf - "$@" | "$LAB" exec ${name} -- sh -c 'mkdir -p /opt/provision && tar -xf - -C /opt/provision'
    "$LAB" exec ${name} -- sh -c 'cat >/opt/node && chmod +x /opt/node' <"$NODE"`;
  const env = { ...process.env, PROVISION_LAB: lab.directory, LAB: join(ROOT, 'scripts/lab'), NODE: node };
  await promisify(execFile)('sh', ['-c', send, ROOT, ...parts], { env });
}

const provision = (args: string): Promise<Ran> =>
  lab.exec('vm1', `cd /tmp && HOME=/root /opt/node /opt/provision/dist/main.js ${args}`);

beforeAll(async () => {
  lab = await labUp({ count: 1, kind: 'full' });
  await install('vm1');
});

afterAll(async () => {
  await lab.down();
});

it('this machine is a guest too: the same round without SSH', async () => {
  const before = (await lab.exec('vm1', SNAPSHOT)).stdout;
  const log = lab.sshdLog('vm1');
  const applied = await provision(`apply debug-panic local ${SETTINGS}`);
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  expect((await provision(`verify debug-panic local ${SETTINGS}`)).code).toBe(0);
  expect((await provision(`apply debug-panic local ${SETTINGS}`)).stdout).toContain('as desired');
  expect((await lab.exec('vm1', 'cat /proc/sys/kernel/sysrq')).stdout.trim()).toBe('1');
  const back = await provision('rollback local');
  expect(back.code, back.stdout).toBe(0);
  expect((await lab.exec('vm1', SNAPSHOT)).stdout).toBe(before);
  expect(lab.sshdLog('vm1')).toBe(log);
});
