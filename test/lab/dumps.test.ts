import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Event, EventKind } from '../../src/events.ts';
import type { Manifest } from '../../src/crash/fetch/manifest.ts';
import { clientOf } from './support/client.ts';
import { FABRICATE, INSIDE } from './support/dumps.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const STAMP = '202611241200';
const SIZE = 16 * 1024 * 1024;
/** What the lines of drop1 carry before they are cut. */
const DROP = 5_000_000;

let lab: Lab;
let to = '';
const dumps = (...args: string[]): Promise<Ran> => clientOf(lab)('dumps', ...args);
const here = (guest: string, ...names: string[]): string => join(to, guest, STAMP, ...names);

beforeAll(async () => {
  lab = await labUp({ count: 2 });
  await lab.up({ count: 1, prefix: 'ask', odd: 'sudo-password,shell=fish,noisy-bashrc,banner' });
  await lab.up({ count: 1, prefix: 'tcsh', odd: 'sudo,shell=tcsh' });
  await lab.up({ count: 1, prefix: 'drop', odd: `drop=${DROP}` });
  for (const { name } of lab.guests) if (name !== 'vm2') await lab.exec(name, `${FABRICATE}\ncrash ${STAMP}`);
});
afterAll(() => lab.down());
beforeEach(() => {
  to = mkdtempSync(join(tmpdir(), 'dumps-'));
});
afterEach(() => rmSync(to, { recursive: true }));

function events<K extends EventKind>({ stdout }: Ran, kind: K): Extract<Event, { kind: K }>[] {
  const all = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return all.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);
}

/** The vmcore that came is what the dump was made of. */
async function expectWhole(guest: string): Promise<void> {
  const { stdout } = await lab.exec(guest, INSIDE);
  const sum = createHash('sha256')
    .update(readFileSync(here(guest, 'vmcore')))
    .digest('hex');
  expect(`${sum}  -\n`).toBe(stdout);
  const manifest = JSON.parse(readFileSync(here(guest, 'dump.json'), 'utf8')) as Manifest;
  expect(manifest).toMatchObject({ guest, verdict: { valid: true }, vmcore: { name: 'vmcore', sha256: sum } });
}

/** A fetch that is under way: slow enough to be met in the middle. */
function slowFetch(guest: string, ...args: string[]): { kill: (signal: NodeJS.Signals) => void; ended: Promise<Ran> } {
  const flags = ['-F', join(lab.directory, 'ssh_config'), '-i', lab.inventory, '--to', to, '--limit-rate', '4M'];
  const child = spawn(process.execPath, [MAIN, 'dumps', 'fetch', guest, ...flags, ...args, '--json'], {
    env: { ...process.env, HOME: lab.directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))),
  };
}

async function untilHalf(guest: string): Promise<number> {
  const part = here(guest, `dump.${STAMP}.part`);
  const deadline = Date.now() + 60_000;
  for (;;) {
    const size = existsSync(part) ? statSync(part).size : 0;
    if (size > SIZE / 4) return size;
    if (Date.now() > deadline) throw new Error('the transfer does not come on');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('dumps list', () => {
  it('goes over the fleet; who has none says so', async () => {
    const { code, stdout } = await dumps('list', 'vm1', 'vm2', 'tcsh1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^vm1 +202611241200 .* 16\.8 MB +yes +Xorg:1458 60 s +hung_task: blocked tasks$/m);
    expect(stdout).toMatch(/^vm2 +no dumps in \/var\/crash|^vm2 +no dumps: there is no \/var\/crash/m);
    expect(stdout).toContain('3 read');
  });

  it('marks what cannot be read, under whatever name', async () => {
    await lab.exec(
      'vm2',
      `${FABRICATE}
       crash 202611010900
       mkdir -p /var/crash/202611011000 /var/crash/202611011100 /var/crash/202611011200 "/var/crash/2026 o'dd
\\$x" /var/crash/other
       : >/var/crash/202611011000/dump.202611011000
       head -c 9000000 /var/crash/202611010900/dump.202611010900 >/var/crash/202611011100/dump.202611011100
       head -c 9000000 /var/crash/202611010900/dump.202611010900 >/var/crash/202611011200/dump-incomplete
       gzip -c /var/crash/202611010900/dump.202611010900 >"/var/crash/2026 o'dd
\\$x/dump.1.gz"
       touch -d '1 hour ago' /var/crash/202611010900`,
    );
    const ran = await dumps('list', 'vm2', '--deep', '--json');
    expect(ran.code).toBe(0);
    const [event] = events(ran, 'guest.dumps');
    const found = Object.fromEntries(event!.dumps.map(({ name, verdict }) => [name, verdict]));
    expect(found).toEqual({
      '202611010900': { valid: true },
      '202611011000': { valid: false, reason: expect.stringMatching(/^empty/) as string },
      '202611011100': { valid: false, reason: expect.stringMatching(/^truncated/) as string },
      '202611011200': { valid: false, reason: expect.stringMatching(/^incomplete/) as string },
      "2026 o'dd\n$x": { valid: true },
    });
    expect(event!.dumps.at(-1)).toMatchObject({ name: '202611010900', ageSeconds: expect.any(Number) as number });
  });
});

describe('dumps fetch', () => {
  it('brings the newest dump, ready to be read, and does not bring it twice', async () => {
    const first = await dumps('fetch', 'vm1', '--to', to, '--json');
    expect(first.code, first.stdout + first.stderr).toBe(0);
    await expectWhole('vm1');
    expect(readFileSync(here('vm1', `dmesg.${STAMP}`), 'utf8')).toContain('Kernel panic');
    const again = await dumps('fetch', 'vm1', '--to', to, '--json');
    expect(again.code).toBe(0);
    expect(events(again, 'guest.fetched')).toMatchObject([{ state: 'present', bytes: 0 }]);
    expect(events(again, 'guest.transfer')).toEqual([]);
  });

  it("brings it through the machine's own ssh too", async () => {
    const ran = await dumps('fetch', 'vm1', '--to', to, '--transport', 'openssh');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    await expectWhole('vm1');
  });

  it('leaves what cannot be read, says so, and brings it on request', async () => {
    const all = await dumps('fetch', 'vm2', '--all', '--to', to, '--json');
    expect(all.code).toBe(0);
    const states = events(all, 'guest.fetched').map(({ dump, state }) => `${dump} ${state}`);
    expect(states.sort()).toEqual([
      "2026 o'dd\n$x fetched",
      '202611010900 fetched',
      '202611011000 left',
      '202611011100 left',
      '202611011200 left',
    ]);
    const named = await dumps('fetch', 'vm2', '--dump', '202611011100', '--to', to);
    expect(named.code).toBe(1);
    expect(named.stdout).toContain('truncated');
    const wanted = await dumps('fetch', 'vm2', '--dump', '202611011100', '--invalid', '--delete', '--yes', '--to', to);
    expect(wanted.code, wanted.stdout).toBe(0);
    expect(statSync(join(to, 'vm2/202611011100/dump.202611011100')).size).toBe(9_000_000);
    // Whatever was asked for: what cannot be read stays where it is.
    expect((await lab.exec('vm2', 'ls /var/crash/202611011100')).stdout).toBe('dump.202611011100\n');
    const unknown = await dumps('fetch', 'vm2', '--dump', '2', '--to', to);
    expect(unknown.code).toBe(1);
    expect(unknown.stdout).toContain('it has ');
  });

  it('through sudo with a password, fish and a chatty login', async () => {
    const { password } = lab.guests.find(({ name }) => name === 'ask1')!;
    const client = clientOf(lab, { PROVISION_BECOME_PASSWORD: password! });
    const { code, stdout, stderr } = await client('dumps', 'fetch', 'ask1', '-K', '--to', to);
    expect(code, stdout + stderr).toBe(0);
    await expectWhole('ask1');
  });

  it('through sudo and tcsh, and takes the dump off the guest when told to', async () => {
    const { code, stdout } = await dumps('fetch', 'tcsh1', '--to', to, '--delete');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('deleted on the guest');
    await expectWhole('tcsh1');
    expect((await lab.exec('tcsh1', 'ls /var/crash')).stdout).toBe('');
    expect((await dumps('fetch', 'tcsh1', '--to', to)).stdout).toContain('no dumps in /var/crash');
  });

  it('goes on over a line that is cut again and again', async () => {
    const ran = await dumps('fetch', 'drop1', '--to', to, '--json');
    expect(ran.code, ran.stdout).toBe(0);
    await expectWhole('drop1');
    const [fetched] = events(ran, 'guest.fetched');
    // Nothing has come twice: makedumpfile's order and the kernel log are less than 5000 bytes.
    expect(fetched?.bytes).toBeLessThan(SIZE + 5000);
    expect(lab.sshdLog('drop1').split('Accepted publickey').length).toBeGreaterThan(SIZE / DROP);
  });

  it('goes on after its session was killed', async () => {
    const { ended } = slowFetch('vm1');
    await untilHalf('vm1');
    await lab.exec('vm1', "pkill -9 -f 'sshd: root'");
    const ran = await ended;
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    await expectWhole('vm1');
    expect(lab.sshdLog('vm1').split('Accepted publickey').length).toBeGreaterThan(2);
  });

  it('keeps what has come when the guest dies, and the next run goes on from there', async () => {
    const { ended } = slowFetch('vm1', '--timeout', '2s');
    await untilHalf('vm1');
    await lab.kill('vm1');
    const died = await ended;
    expect(died.code).toBe(1);
    const [end] = events(died, 'guest.finished');
    expect(end?.error).toMatchObject({
      code: 'E_CONNECTION_LOST',
      message: expect.stringMatching(/dump.202611241200 is here up to \d+\.\d of 16\.8 MB/) as string,
    });
    await lab.start('vm1');
    const kept = statSync(here('vm1', `dump.${STAMP}.part`)).size;
    const ran = await dumps('fetch', 'vm1', '--to', to, '--json');
    expect(ran.code, ran.stdout).toBe(0);
    expect(events(ran, 'guest.fetched')[0]?.bytes).toBeLessThan(SIZE + 5000 - kept);
    await expectWhole('vm1');
  });

  it('keeps what has come when it is interrupted', async () => {
    const fetching = slowFetch('vm1');
    await untilHalf('vm1');
    fetching.kill('SIGINT');
    const ran = await fetching.ended;
    expect(ran.code).toBe(130);
    expect(events(ran, 'guest.finished')[0]).toMatchObject({ outcome: 'interrupted' });
    expect(statSync(here('vm1', `dump.${STAMP}.part`)).size).toBeGreaterThan(SIZE / 4);
    expect((await dumps('fetch', 'vm1', '--to', to)).code).toBe(0);
    await expectWhole('vm1');
  });
});
