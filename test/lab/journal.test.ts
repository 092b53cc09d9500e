import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const LIGHT = ['--yes', '--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];
const NAMES = ['vm1', 'vm2', 'vm3', 'vm4', 'vm5'];

let lab: Lab;
let runs = '';
let provision: (command: string, ...args: string[]) => Promise<Ran>;

/** Each sysctl fragment that is put in its place is counted; the guest that is named waits there to be let go. */
async function count(name: string, held: boolean): Promise<void> {
  const wait = held ? 'touch /tmp/held; while [ ! -e /tmp/go ]; do sleep 0.1; done' : ':';
  const script = `#!/bin/sh\ncase "$*" in *" /etc/sysctl.d/"*) echo x >>/tmp/moves; ${wait} ;; esac\nexec /usr/bin/mv.real "$@"\n`;
  const { code } = await lab.exec(name, `mv /usr/bin/mv /usr/bin/mv.real; printf '%s' '${script}' >/usr/bin/mv; chmod 755 /usr/bin/mv`); // prettier-ignore
  expect(code).toBe(0);
}

beforeAll(async () => {
  lab = await labUp({ count: NAMES.length });
  runs = join(lab.directory, 'runs');
  provision = clientOf(lab);
  for (const name of NAMES) await count(name, name === 'vm2');
});
afterAll(() => lab.down());

it('a rollout whose controller is killed is gone on with: nobody twice, nobody forgotten', async () => {
  const profile = join(lab.directory, 'mine.yaml');
  writeFileSync(profile, 'apiVersion: provision/v1\nname: mine\nextends: debug-panic\n');
  const args = ['apply', profile, ...LIGHT, '--forks', '1', '-F', join(lab.directory, 'ssh_config')];
  const env = { ...process.env, HOME: lab.directory, PROVISION_INVENTORY: lab.inventory, PROVISION_RUNS: runs };
  const controller = spawn(process.execPath, [MAIN, ...args], { env, stdio: 'ignore' });
  const dead = once(controller, 'exit');
  const waited = await lab.exec('vm2', 'for i in $(seq 600); do [ -e /tmp/held ] && exit; sleep 0.1; done; exit 1');
  expect(waited.code, 'vm2 was never held up').toBe(0);

  const still = await provision('runs', 'resume');
  expect(still.code).toBe(2);
  expect(still.stderr).toContain('still runs');

  controller.kill('SIGKILL');
  await dead;
  await lab.exec('vm2', 'touch /tmp/go');
  expect((await provision('runs', 'list')).stdout).toMatch(
    /apply mine +1 changed, 1 no end known, 3 not begun +cut off +4\n/,
  );
  expect((await provision('runs', 'show')).stdout).toContain('4 guests left: vm2, vm3, vm4, vm5');

  // The run goes on with what it was begun with.
  writeFileSync(profile, 'no profile any more\n');
  const resumed = await provision('runs', 'resume');
  expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
  expect(resumed.stderr).toContain('has changed since');
  for (const name of NAMES) {
    const { stdout } = await lab.exec(name, 'cat /tmp/moves');
    expect(stdout, name).toBe('x\n');
  }
  expect((await provision('runs', 'list')).stdout).toMatch(/apply mine \(resumed\) .* exit 0 +-\n$/);
  expect((await provision('runs', 'resume')).stdout).toMatch(/^Nothing is left of run/);
});

it('what failed is done again, and nothing else', async () => {
  rmSync(runs, { recursive: true, force: true });
  await lab.kill('vm3');
  const first = await provision('rollback', ...NAMES);
  expect(first.code).toBe(4);
  // Two runs of one second sort by chance.
  const [begun] = readdirSync(runs);
  await lab.start('vm3');
  const again = await provision('runs', 'resume', '--json');
  expect(again.code, again.stdout + again.stderr).toBe(0);
  expect(again.stdout.match(/"guest.begun"/g)).toHaveLength(1);
  const show = JSON.parse((await provision('runs', 'show', '--json')).stdout) as { left: string[]; resumes: string };
  expect(show.left).toEqual([]);
  expect(show.resumes).toBe(begun);
});

it('a run is a page, too', async () => {
  const html = join(lab.directory, 'run.html');
  expect((await provision('runs', 'report', '--html', html)).code).toBe(0);
  expect(readFileSync(html, 'utf8')).toContain('vm3');
});

it('nothing is written down where nobody wants it, or where nothing is changed', async () => {
  rmSync(runs, { recursive: true, force: true });
  expect((await provision('arm', 'vm1', '--no-journal')).code).toBeLessThan(2);
  expect((await provision('apply', 'debug-panic', ...LIGHT, '--dry-run')).code).toBe(0);
  expect(existsSync(runs)).toBe(false);
});

it('a journal that cannot be begun leaves every guest alone', async () => {
  const { code, stderr } = await provision('arm', 'vm1', '--runs-dir', join(lab.inventory, 'runs'));
  expect(code).toBe(2);
  expect(stderr).toMatch(/E_JOURNAL|journal of this run cannot be written/);
  expect(stderr).toContain('--no-journal');
});
