import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { clientOf, SNAPSHOT } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const LIGHT = ['--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];
const NAMES = ['vm1', 'sudo1'];

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;

/** root@vm1 and ops@sudo1, each over a connection that ssh holds; there is no key to make another with. */
beforeAll(async () => {
  lab = await labUp({ count: 1 });
  await lab.up({ count: 1, prefix: 'sudo', odd: 'sudo' });
  const config = join(lab.directory, 'ssh_config');
  writeFileSync(
    config,
    `Host *\n ControlPath ${lab.directory}/held-%h-%r\n IdentityFile ${lab.directory}/none\n IdentitiesOnly yes\n` +
      ` UserKnownHostsFile ${lab.knownHosts}\n GlobalKnownHostsFile /dev/null\n`,
  );
  const inventory = readFileSync(lab.inventory, 'utf8');
  writeFileSync(lab.inventory, inventory.replaceAll(/\n *identity_file:.*|, identity_file: [^,}]*/g, ''));
  for (const { host, port, user } of lab.guests) {
    const holds = ['ControlMaster=yes', 'ControlPersist=600', `IdentityFile=${lab.key}`].flatMap((each) => [
      '-o',
      each,
    ]);
    execFileSync('ssh', ['-F', config, '-fN', ...holds, '-p', String(port), `${user}@${host}`], { stdio: 'ignore' });
  }
  provision = clientOf(lab);
});
afterAll(async () => {
  for (const name of NAMES) letGo(name);
  await lab.down();
});

/** Ends the ssh that holds a connection, if there is one. */
function letGo(name: string): void {
  const { host, user } = lab.guests.find((guest) => guest.name === name)!;
  spawnSync('ssh', ['-F', join(lab.directory, 'ssh_config'), '-O', 'exit', `${user}@${host}`], { stdio: 'ignore' });
}

const connections = (name: string): number => lab.sshdLog(name).match(/^Connection from /gm)?.length ?? 0;

it('an apply, a second one, verify and a rollback go over the connections that ssh holds', async () => {
  const before = await Promise.all(NAMES.map((name) => lab.exec(name, SNAPSHOT)));
  const steps = [
    [0, 'apply', '--yes'],
    [0, 'apply', '--yes'],
    [0, 'verify'],
    [0, 'rollback', '--yes'],
  ] as const;
  for (const [code, command, ...more] of steps) {
    const wanted = command === 'rollback' ? [] : ['debug-panic', ...LIGHT];
    const done = await provision(command, ...wanted, ...more);
    expect(done, done.stdout + done.stderr).toMatchObject({ code });
  }
  const after = await Promise.all(NAMES.map((name) => lab.exec(name, SNAPSHOT)));
  expect(after.map(({ stdout }) => stdout)).toEqual(before.map(({ stdout }) => stdout));
  // Those of ssh itself.
  expect(NAMES.map(connections)).toEqual([1, 1]);
});

it('a guest whose ssh has ended is not reached without a key, and the others are', async () => {
  letGo('sudo1');
  const { code, stdout, stderr } = await provision('facts', '--json');
  expect(code).toBe(4);
  expect(stdout).toContain('vm1');
  expect(stdout + stderr).toContain('E_AUTH');
});
