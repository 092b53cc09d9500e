import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Event, EventKind } from '../../src/events.ts';
import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** Prints at its end, or when it is interrupted, what the real one printed on a machine; and says how it fared. */
const STAND_IN = String.raw`#!/bin/sh
# $1 $2 are -B line, $3 the program
log=/root/bpftrace.log
cp "$3" /root/program.bt
echo "started $$" >>$log
printf 'Attaching 3 probes...\nbegan\n'
seconds=$(sed -n 's/^interval:s:\([0-9]*\) .*/\1/p' "$3")
finish() {
  printf 'ended 90000000000\n\n@comm[12]: dd\n@comm[7]: Xorg\n@tgid[12]: 12\n@tgid[7]: 7\n\n'
  printf '@off[12, \n    __schedule+713\n    schedule+90\n    io_schedule+70\n    submit_bio_wait+81\n    __blkdev_direct_IO_simple+259\n    vfs_read+515\n]: 2912345\n'
  printf '@off[7, \n    __schedule+713\n    schedule+90\n    ep_poll+1\n    do_epoll_wait+1\n]: 100\n\n'
  echo "$1" >>$log
  exit 0
}
trap 'finish interrupted' INT
trap 'echo terminated >>$log; exit 143' TERM
while [ "$seconds" -gt 0 ]; do sleep 1; seconds=$((seconds - 1)); done
finish ended
`;

let lab: Lab;
let to = '';
const trace = (...args: string[]): Promise<Ran> => clientOf(lab)('trace', ...args, '--to', to);

beforeAll(async () => {
  lab = await labUp({ count: 2 });
  await lab.up({ count: 1, prefix: 'ops', odd: 'sudo' });
  for (const { name } of lab.guests) {
    await lab.exec(name, `cat >/usr/local/bin/bpftrace <<'END'\n${STAND_IN}END\nchmod 755 /usr/local/bin/bpftrace`);
  }
});
afterAll(() => lab.down());
beforeEach(async () => {
  to = mkdtempSync(join(tmpdir(), 'trace-'));
  for (const { name } of lab.guests) await lab.exec(name, 'rm -f /root/bpftrace.log /root/program.bt');
});
afterEach(() => rmSync(to, { recursive: true }));

function events<K extends EventKind>({ stdout }: Ran, kind: K): Extract<Event, { kind: K }>[] {
  const all = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return all.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);
}

/** A trace that is under way, and its guest's look at it. */
function begun(guest: string, ...args: string[]): { kill: (signal: NodeJS.Signals) => void; ended: Promise<Ran> } {
  const flags = [
    '-F',
    join(lab.directory, 'ssh_config'),
    '-i',
    lab.inventory,
    '--to',
    to,
    '--tool',
    'bpftrace',
    '--json',
  ];
  const child = spawn(process.execPath, [MAIN, 'trace', 'offcpu', guest, ...flags, ...args], {
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

async function until(guest: string, script: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ;) {
    if ((await lab.exec(guest, script)).code === 0) return;
    if (Date.now() > deadline) throw new Error(`never: ${script}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const STARTED = 'grep -q started /root/bpftrace.log';
/** Neither the tool nor what it needed is there any more. */
const GONE = `! kill -0 "$(sed -n 's/^started //p' /root/bpftrace.log)" 2>/dev/null && ! ls -d /run/provision-trace.* 2>/dev/null`;

describe('trace', () => {
  it('names the tool and why, and ends in files and a table', async () => {
    const { code, stdout, stderr } = await trace(
      'offcpu',
      'vm1',
      '--duration',
      '1s',
      '--tool',
      'bpftrace',
      '--state',
      'D',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^vm1 traced by bpftrace: --tool bpftrace asks for it/m);
    expect(stdout).toMatch(/^ *2\.91 s +100\.0 % +dd +disk I\/O +submit_bio_wait$/m);
    expect(readdirSync(to).sort()).toEqual(['offcpu.folded', 'offcpu.html', 'offcpu.speedscope.json', 'offcpu.svg']);
    expect(readFileSync(join(to, 'offcpu.folded'), 'utf8')).toBe(
      'dd;vfs_read;__blkdev_direct_IO_simple;submit_bio_wait;io_schedule;schedule;__schedule 2912345\n' +
        'Xorg;do_epoll_wait;ep_poll;schedule;__schedule 100\n',
    );
    const { stdout: program } = await lab.exec('vm1', 'cat /root/program.bt');
    expect(program).toContain('tid != 0 && (1) && (args->prev_state == 2)');
    await until('vm1', GONE);
  });

  it('goes over several guests at once, which become one graph', async () => {
    const ran = await trace('offcpu', 'vm1', 'vm2', '--duration', '1s', '--tool', 'bpftrace', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(events(ran, 'trace.top')[0]?.waits[0]).toMatchObject({ task: 'dd', on: ['vm1', 'vm2'], us: 5_824_690 });
    const folded = readFileSync(join(to, 'offcpu.folded'), 'utf8');
    expect(folded.split('\n').map((line) => line.split(';').slice(0, 2).join(';'))).toEqual([
      'vm1;dd',
      'vm1;Xorg',
      'vm2;dd',
      'vm2;Xorg',
      '',
    ]);
    expect(events(ran, 'guest.tracing').length).toBeGreaterThan(1);
  });

  it('finds a process by its exact name, whatever that name is', async () => {
    const name = `a"b\\ 'c`;
    await lab.exec(
      'vm1',
      `cp /bin/sleep "/tmp/a\\"b\\\\ 'c"; cp /bin/sleep /tmp/a; "/tmp/a\\"b\\\\ 'c" 300 >/dev/null 2>&1 & /tmp/a 300 >/dev/null 2>&1 &`,
    );
    const ran = await trace('offcpu', 'vm1', '--duration', '1s', '--tool', 'bpftrace', '--process', name, '--json');
    expect(ran.code, ran.stderr).toBe(0);
    const { stdout: program } = await lab.exec('vm1', 'cat /root/program.bt');
    expect(program).toMatch(/\(comm == "a\\042b\\134 'c" \|\| pid == \d+\)/);
    expect(events(ran, 'guest.trace')[0]?.notes.join()).not.toContain('there was no');
    await until('vm1', GONE);
  });

  it('says when nobody has the name', async () => {
    const { code, stdout } = await trace(
      'offcpu',
      'vm1',
      '--duration',
      '1s',
      '--tool',
      'bpftrace',
      '--process',
      'nobody',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/vm1: there was no nobody when the trace began/);
  });

  it('ends early when it is interrupted, and keeps the result', async () => {
    const running = begun('vm1', '--duration', '1h');
    await until('vm1', STARTED);
    running.kill('SIGINT');
    const ran = await running.ended;
    expect(ran.code).toBe(130);
    expect(events(ran, 'guest.trace')[0]).toMatchObject({ stopped: true, stacks: 2 });
    expect(events(ran, 'trace.written')[0]?.files).toHaveLength(4);
    expect((await lab.exec('vm1', 'cat /root/bpftrace.log')).stdout).toContain('interrupted');
    await until('vm1', GONE);
  });

  it.each(['vm1', 'ops1'])('leaves nothing behind on %s when the client is killed', async (guest) => {
    const running = begun(guest, '--duration', '1h');
    await until(guest, STARTED);
    running.kill('SIGKILL');
    await running.ended;
    await until(guest, GONE);
    expect((await lab.exec(guest, 'cat /root/bpftrace.log')).stdout).toContain('terminated');
  });

  it('leaves nothing behind when it is interrupted twice', async () => {
    const running = begun('vm1', '--duration', '1h');
    await until('vm1', STARTED);
    // Deaf to the first: only its end helps.
    await lab.exec('vm1', 'kill -STOP $(sed -n "s/^started //p" /root/bpftrace.log)');
    running.kill('SIGINT');
    await until('vm1', 'ls /run/provision-trace.*/stop');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    await lab.exec('vm1', 'kill -CONT $(sed -n "s/^started //p" /root/bpftrace.log)');
    await until('vm1', GONE);
  });

  it('refuses a tool that is not there, with the reason and the command that brings it', async () => {
    const { code, stdout } = await trace('offwake', 'vm1', '--duration', '1s', '--tool', 'bcc');
    expect(code).toBe(1);
    expect(stdout).toMatch(/bcc: offwaketime-bpfcc is not there/);
    expect(stdout).toContain('provision apply offcpu-trace vm1');
  });

  it('refuses a cgroup that is not there', async () => {
    const { code, stdout } = await trace(
      'offcpu',
      'vm1',
      '--duration',
      '1s',
      '--tool',
      'bpftrace',
      '--cgroup',
      'no.slice',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('there is no cgroup no.slice on the guest');
  });

  it('tells what the tool said when it fails', async () => {
    await lab.exec('vm2', `printf '#!/bin/sh\\necho "ERROR: no BTF" >&2\\nexit 1\\n' >/usr/local/bin/bpftrace`);
    const { code, stdout } = await trace('offcpu', 'vm2', '--duration', '1s', '--tool', 'bpftrace');
    expect(code).toBe(1);
    expect(stdout).toMatch(/E_TRACE|ended with 1: ERROR: no BTF/);
  });
});
