import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readPlanFile } from '../../src/cli/plan-file.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { convergeLibrary, renderScript } from '../../src/plan/script.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { labUp, ran, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const LIBRARY = convergeLibrary(loadKnowledge().templates);

/** Everything that a rollback has to put back, as one text: files with modes, links, directories, live settings. */
const SNAPSHOT = `
  find /etc /usr/local \\( -type f -printf '%m %p ' -exec sha256sum {} \\; \\) -o \\( -type l -printf 'l %p %l\\n' \\) -o -type d -printf 'd %m %p\\n' | sort
  grep -rs . /proc/sys/kernel /proc/sys/vm | grep -v -e random -e ns_last_pid | sort
  ls -A /var/lib/provision 2>/dev/null`;

let lab: Lab;
const flags = (): string[] => ['-i', lab.inventory, '-F', join(lab.directory, 'ssh_config')];
const provision = (...args: string[]): Promise<Ran> => ran(process.execPath, [MAIN, ...args, ...flags()]);
const snapshot = async (name: string): Promise<string> => (await lab.exec(name, SNAPSHOT)).stdout;

async function planOf(name: string, settings: string[]): Promise<Plan> {
  const file = join(lab.directory, `${name}.json`);
  const { code, stderr } = await provision('plan', 'debug-panic', name, ...settings, '--out', file);
  expect(code, stderr).toBe(0);
  return readPlanFile(file).plans.get(name)!;
}

/** Waits until the text in a guest succeeds. */
async function until(name: string, text: string): Promise<void> {
  const { code } = await lab.exec(name, `for i in $(seq 600); do ${text} && exit 0; sleep 0.1; done; exit 1`);
  expect(code, `never: ${text}`).toBe(0);
}

beforeAll(async () => {
  lab = await labUp({ count: 2, kind: 'full' });
});

afterAll(async () => {
  await lab.down();
});

describe('a converge that dies after any line of its script', () => {
  const settings = ['--skip', 'kdump,trace,crash', '--set', 'arm.after=0s', '--adopt'];
  let plan: Plan;
  let original: string;
  let calls: string[];

  beforeAll(async () => {
    await lab.exec('vm1', "echo 'kernel.panic = 3' >>/etc/sysctl.conf; echo 1 >/sys/kernel/kexec_crash_loaded");
    plan = await planOf('vm1', settings);
    original = await snapshot('vm1');
    const bootId = (await lab.exec('vm1', 'cat /proc/sys/kernel/random/boot_id')).stdout.trim();
    const fence = { token: '1790000000000001', run: 'cut', bootId };
    const script = renderScript(plan, '', {
      id: 'cut',
      client: '-',
      owner: 'test',
      waitSeconds: 5,
      lockSeconds: 5,
      fence,
    });
    calls = callsOf(script);
  });

  it('has many lines to die after', () => {
    expect(calls.length).toBeGreaterThan(30);
    expect(original).toContain('/etc/sysctl.conf');
  });

  it('is completed by the next apply, and can be taken back from there', async () => {
    for (let at = 1; at < calls.length; at += 1) {
      const died = `${LIBRARY}\n${calls.slice(0, at).join('\n')}\nkill -9 $$\n`;
      const job = `mkdir -p /run/provision/jobs/cut; cat >/tmp/cut <<'END-OF-CUT'\n${died}END-OF-CUT\nsh /tmp/cut; rm /tmp/cut`;
      await lab.exec('vm1', job);
      const where = `after ${calls[at - 1]?.slice(0, 60) ?? ''}`;
      const half = await lab.exec('vm1', wholeOrAbsent(plan));
      expect(half.stdout, where).toBe('');
      const again = await provision('apply', 'debug-panic', 'vm1', ...settings);
      expect(again.code, `${where}\n${again.stdout}`).toBe(0);
      const left = await lab.exec(
        'vm1',
        'find /etc /usr/local /var/lib/provision -name "*.provision-new*"; dpkg --audit',
      );
      expect(left.stdout, where).toBe('');
      const back = await provision('rollback', 'vm1');
      expect(back.code, `${where}\n${back.stdout}`).toBe(0);
      expect(await snapshot('vm1'), where).toBe(original);
    }
  }, 1_800_000);
});

/** The script's calls, one each, although quoted texts go over many lines. */
function callsOf(script: string): string[] {
  const calls: string[] = [];
  let open = '';
  for (const line of script.trim().split('\n')) {
    open += (open === '' ? '' : '\n') + line;
    // A text is closed when its quotes are even; an escaped quote stands outside of them.
    if ((open.replaceAll(String.raw`\'`, '').split("'").length - 1) % 2 === 0) {
      calls.push(open);
      open = '';
    }
  }
  return calls;
}

/** Prints each of the plan's files that is neither as it was nor as it is going to be. */
function wholeOrAbsent(plan: Plan): string {
  return plan.stages
    .flatMap(({ steps }) => steps)
    .flatMap((step) => {
      if (step.kind !== 'file' || step.after === null) return [];
      const good = [step.after.sha256, step.before?.sha256 ?? 'absent'].join('|');
      const read = `$(sha256sum ${step.path} 2>/dev/null | cut -c1-64)`;
      return [`found=${read}; case "\${found:-absent}" in ${good}) ;; *) echo ${step.path} ;; esac`];
    })
    .join('\n');
}

describe('with packages', () => {
  const settings = ['--skip', 'kdump,trace', '--set', 'crash.tools=[makedumpfile]', '--set', 'arm.after=0s'];
  const apply = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, [MAIN, 'apply', 'debug-panic', 'vm2', ...settings, ...flags()], { stdio: 'ignore' });
  const installing = "grep -qs 'Unpacking makedumpfile' /run/provision/jobs/*/log";
  const forget = 'rm -rf /run/provision/jobs; dpkg --audit';

  it('a client that is killed leaves the converge running, and the next client follows it', async () => {
    const client = apply();
    await until('vm2', installing);
    client.kill('SIGKILL');
    const again = await provision('apply', 'debug-panic', 'vm2', ...settings);
    expect(again.code, again.stdout).toBe(0);
    expect((await lab.exec('vm2', 'dpkg --audit; ls /var/lib/provision')).stdout).not.toContain('pending');
    expect((await provision('rollback', 'vm2', '--purge')).code).toBe(0);
    await lab.exec('vm2', forget);
  });

  it('a client whose session is killed comes back and ends well', async () => {
    const client = apply();
    const ended = new Promise<number | null>((resolve) => client.once('exit', resolve));
    await until('vm2', installing);
    await lab.exec('vm2', "pkill -9 -f 'sshd: root'");
    expect(await ended).toBe(0);
    expect((await provision('verify', 'debug-panic', 'vm2', ...settings)).code).toBe(0);
    expect((await provision('rollback', 'vm2', '--purge')).code).toBe(0);
    await lab.exec('vm2', forget);
  });

  it('a guest that loses its power while dpkg works is mended by the next apply', async () => {
    const client = apply();
    await until('vm2', installing);
    await lab.kill('vm2');
    client.kill('SIGKILL');
    await lab.start('vm2');
    const again = await provision('apply', 'debug-panic', 'vm2', ...settings);
    expect(again.code, again.stdout).toBe(0);
    expect((await lab.exec('vm2', 'dpkg --audit')).stdout).toBe('');
    expect((await provision('verify', 'debug-panic', 'vm2', ...settings)).code).toBe(0);
    expect((await provision('apply', 'debug-panic', 'vm2', ...settings)).stdout).toContain('as desired');
  });
});
