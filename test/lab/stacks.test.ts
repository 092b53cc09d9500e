import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event, EventKind } from '../../src/events.ts';
import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const THREADS = 5000;

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
const until = async (name: string, text: string): Promise<void> => {
  const { code } = await lab.exec(name, `for i in $(seq 600); do ${text} && exit 0; sleep 0.1; done; exit 1`);
  expect(code, `never: ${text}`).toBe(0);
};

/** A parent waits in D, killable, until its vfork child runs another program; this child never does. vfork is system call 58 on amd64, and clone with these flags elsewhere. */
const BLOCK = `cp "$(readlink -f /usr/bin/perl)" /tmp/Xorg
  (setsid /tmp/Xorg -e '(-e "/lib64" ? syscall(58) : syscall(220, 0x4111, 0)) == 0 and sleep 3600' >/dev/null 2>&1 </dev/null &)`;
const IN_D = "cat /proc/[0-9]*/stat 2>/dev/null | grep -q '(Xorg) D '";
const SPAWN = `cat >/tmp/threads.py <<'END'
import threading, time
threading.stack_size(65536)
for _ in range(${THREADS}):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
open('/tmp/there', 'w').close()
time.sleep(3600)
END
(setsid python3 /tmp/threads.py >/dev/null 2>&1 </dev/null &)`;

type Told<K extends EventKind> = Extract<Event, { kind: K }>;
function told<K extends EventKind>(stdout: string, kind: K): Told<K>[] {
  const events = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Event]));
  return events.filter((event): event is Told<K> => event.kind === kind);
}

beforeAll(async () => {
  lab = await labUp({ count: 3 });
  provision = clientOf(lab);
  await Promise.all(
    ['vm1', 'vm2'].map(async (name) => {
      await lab.exec(name, BLOCK);
      await until(name, IN_D);
    }),
  );
});

afterAll(async () => {
  await lab.down();
});

describe('stacks', () => {
  it('folds two guests that are blocked alike, and says that the third is not', async () => {
    const log = lab.sshdLog('vm1').length;
    const { code, stdout, stderr } = await provision('stacks', 'vm1', 'vm2', 'vm3');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/2 guests: same stack, 2 tasks blocked, the longest for /);
    expect(stdout).toMatch(/vm1 {2}Xorg \d+ .*killable\n/);
    expect(stdout).toContain('killable, so hung_task does not count it: a parent waits until its vfork child runs');
    expect(stdout).toMatch(/kernel_clone|do_fork/);
    expect(stdout).toMatch(/vm3 {2}nobody is blocked of \d+ threads/);
    const seen = lab.sshdLog('vm1').slice(log);
    expect(seen.match(/^Connection from /gm)).toHaveLength(1);
    expect(seen.match(/^Starting session: /gm)).toHaveLength(1);
  });

  it('tells every task with its frames, its process and its parent as events', async () => {
    const { stdout } = await provision('stacks', 'vm1', '--json');
    const [look] = told(stdout, 'guest.stacks');
    const [task] = look!.stacks.blocked;
    expect(task).toMatchObject({ comm: 'Xorg', process: 'Xorg', state: 'D', hungTask: 'killable', blocked: true });
    expect(task!.parent?.pid).toBe(1);
    expect(task!.seconds).toBeGreaterThan(0);
    expect(task!.trace?.frames.map((frame) => frame.function).join(' ')).toMatch(/kernel_clone|do_fork/);
    const [group] = told(stdout, 'stacks.group');
    expect([group!.id, group!.guests]).toEqual([task!.group, ['vm1']]);
  });

  it('shows the threads of a process that is named, blocked or not, and no others', async () => {
    const { stdout } = await provision('stacks', 'vm1', '--process', 'Xorg', '--json');
    const [look] = told(stdout, 'guest.stacks');
    expect(look!.stacks.blocked).toHaveLength(1);
    // The child of vfork has the same name, and sleeps.
    expect(look!.stacks.others.map(({ comm, state }) => [comm, state])).toEqual([['Xorg', 'S']]);
    const nobody = await provision('stacks', 'vm3', '--process', 'Xorg', '--json');
    expect(told(nobody.stdout, 'stacks.group')).toEqual([]);
  });

  it('does not ask the kernel through sysrq: a namespace is not the whole machine', async () => {
    const { code, stdout } = await provision('stacks', 'vm1', '--sysrq-t');
    expect(code).toBe(0);
    expect(stdout).toContain('not asked: the kernel is not its own: this is a container');
    expect((await lab.exec('vm1', 'cat /proc/sysrq-trigger')).stdout).toBe('');
  });

  it('watches over one connection, and tells when a blocked task is gone', async () => {
    const log = lab.sshdLog('vm2').length;
    const watching = provision('stacks', 'vm2', '--watch', '--every', '300ms', '--count', '12', '--json');
    await until('vm2', `[ "$(grep -c '^Starting session' /var/log/sshd.log)" -ge 4 ]`);
    await lab.exec('vm2', "kill -9 $(cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/ (Xorg) .*//p')");
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    expect(told(stdout, 'guest.stacks')).toHaveLength(12);
    const changes = told(stdout, 'stacks.changed');
    expect(changes[0]!.appeared.map(({ tasks }) => tasks[0]!.comm)).toEqual(['Xorg']);
    expect(changes.flatMap(({ gone }) => gone.map(({ tasks }) => tasks[0]!.comm))).toEqual(['Xorg']);
    expect(told(stdout, 'stacks.group')).toEqual([]);
    expect(
      lab
        .sshdLog('vm2')
        .slice(log)
        .match(/^Connection from /gm),
    ).toHaveLength(1);
  });

  it('is a usage error to count looks of no watch', async () => {
    const { code, stderr } = await provision('stacks', 'vm1', '--count', '3');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--count goes with --watch')]);
  });
});

describe(`a guest with ${THREADS} threads`, () => {
  beforeAll(async () => {
    await lab.exec('vm3', SPAWN);
    await lab.exec('vm3', BLOCK);
    await until('vm3', `[ -e /tmp/there ] && ${IN_D}`);
  });

  it('is read within the deadline, and the one that is blocked is found', async () => {
    const pids = await lab.pids('vm3');
    const { code, stdout } = await provision('stacks', 'vm3', '--json');
    expect(code).toBe(0);
    const [{ stacks }] = told(stdout, 'guest.stacks') as [Told<'guest.stacks'>];
    expect(stacks.threads.read).toBeGreaterThan(THREADS);
    expect(stacks.blocked.map(({ comm }) => comm)).toEqual(['Xorg']);
    expect(stacks.unread).toEqual([]);
    expect(stacks.tookMs).toBeLessThan(20_000);
    // Forks are dear on a guest in trouble. The second reading counts itself.
    expect((await lab.pids('vm3')) - pids - 1).toBeLessThan(150);
  });

  it('and with the stacks of all of them', async () => {
    const { code, stdout } = await provision('stacks', 'vm3', '--process', 'python3', '--json');
    expect(code).toBe(0);
    const [{ stacks }] = told(stdout, 'guest.stacks') as [Told<'guest.stacks'>];
    expect(stacks.others.length).toBeGreaterThan(THREADS);
    const [, sleepers] = told(stdout, 'stacks.group');
    expect(sleepers!.tasks.length).toBeGreaterThan(THREADS - 100);
    expect(stacks.tookMs).toBeLessThan(20_000);
  });

  it('ends in time with what it has when there is too little of that, and counts what it has not', async () => {
    const { code, stdout } = await provision('stacks', 'vm3', '--process', 'python3', '--timeout', '4s', '--json');
    expect(code).toBe(0);
    const [{ stacks }] = told(stdout, 'guest.stacks') as [Told<'guest.stacks'>];
    const missing = stacks.unread.reduce((sum, { count }) => sum + count, 0);
    const without = stacks.others.filter(({ trace, wchan }) => trace === null && wchan === null).length;
    // How far it gets is up to the machine; what it may not do is to keep quiet about it.
    if (without > 0) expect(missing).toBeGreaterThan(0);
    expect(stacks.tookMs).toBeLessThan(6000);
  });
});

describe('a user who is not root', () => {
  it('is told what is missing', async () => {
    const [guest] = await lab.up({ count: 1, odd: 'sudo', prefix: 'ops' });
    const target = `ops@${guest!.host}:${guest!.port}`;
    const { code, stdout, stderr } = await provision(
      'stacks',
      target,
      '--private-key',
      join(lab.directory, 'id_ed25519'),
    );
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('stack: root alone may see it');
  });
});

describe('doctor', () => {
  it('is one page, with what mends each thing, and exit code 3 when something is bad', async () => {
    const { code, stdout } = await provision('doctor', 'vm1');
    expect(code, stdout).toBe(3);
    expect(stdout).toContain('vm1  cannot be debugged as it is');
    expect(stdout).toMatch(/BAD +kdump .*\n +-> provision apply kdump vm1 --reboot/);
    expect(stdout).toMatch(/ok +hung_task +blocked tasks are noticed after 120 to 240 s/);
    expect(stdout).toContain('guest$ apt-get install linux-headers-6.1.0-56-amd64');
  });
});
