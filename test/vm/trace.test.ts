import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event, EventKind } from '../../src/events.ts';
import type { Ran } from '../lab/support/lab.ts';
import { SLOW, vmUp, type Vm } from './support/vm.ts';

/** A process that a person would call Xorg, reading a disk past the cache, and one that only sounds like it. */
const READERS = `
  cp /bin/dd /usr/local/bin/Xorg; cp /bin/dd /usr/local/bin/Xorgy
  for name in Xorg Xorgy; do
    systemd-run --quiet --collect --unit=read-$name /bin/sh -c "while :; do /usr/local/bin/$name if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null; done"
  done`;

/** A file system that takes no writes, and a process called frozen that wants to write on it. */
const FREEZE = `
  truncate -s 16M /run/disk.img && mkfs.ext4 -q /run/disk.img && mkdir -p /run/disk && mount -o loop /run/disk.img /run/disk
  cp /bin/sh /usr/local/bin/frozen && fsfreeze -f /run/disk
  systemd-run --quiet --collect --unit=frozen /usr/local/bin/frozen -c 'echo x >/run/disk/file'
  until grep -q '^State:.D' /proc/$(pgrep -x frozen)/status; do sleep 0.2; done`;
const THAW = 'fsfreeze -u /run/disk; umount -l /run/disk; rm -r /run/disk /run/disk.img';

let vm: Vm;
const to = (): string => join(vm.directory, 'traces');
const trace = (mode: string, ...args: string[]): Promise<Ran> =>
  vm.provision('trace', mode, 'vm1', '--to', to(), '--json', ...args);

function only<K extends EventKind>({ stdout, stderr }: Ran, kind: K): Extract<Event, { kind: K }> {
  const lines = stdout.trimEnd().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Event);
  const found = all.find((event): event is Extract<Event, { kind: K }> => event.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in:\n${stdout.slice(-4000)}\n${stderr}`);
  return found;
}

const folded = (mode: string): string => readFileSync(join(to(), `${mode}.folded`), 'utf8');

describe.runIf(SLOW)('on a real kernel', () => {
  beforeAll(async () => {
    vm = await vmUp('trace');
    await vm.read(READERS);
  });
  afterAll(async () => {
    await vm.down();
  });

  it('a read past the cache waits in submit_bio_wait, and only of the process that was named', async () => {
    const ran = await trace('offcpu', '--process', 'Xorg', '--state', 'D', '--duration', '5s');
    expect(only(ran, 'guest.trace-tool').tool).toBe('bpftrace');
    expect(only(ran, 'guest.trace')).toMatchObject({ stuck: [], full: false, lost: 0 });
    expect(folded('offcpu')).toMatch(/^Xorg;.*submit_bio_wait;.*schedule \d+$/m);
    expect(folded('offcpu')).not.toContain('Xorgy');
    expect(only(ran, 'trace.top').waits[0]).toMatchObject({ task: 'Xorg', where: 'submit_bio_wait', wait: 'disk' });
    expect(ran.code).toBe(0);
  });

  it('who ends the wait stands on top of it', async () => {
    const ran = await trace('offwake', '--process', 'Xorg', '--state', 'D', '--duration', '5s');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(folded('offwake')).toMatch(/^Xorg;.*submit_bio_wait;.*schedule;--;.*complete;.*\(interrupt\) \d+$/m);
  });

  it('a task that is blocked for good is told of, and the way to its stack', async () => {
    await vm.read(FREEZE);
    const ran = await trace('offcpu', '--process', 'frozen', '--state', 'D', '--duration', '3s');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { stuck, notes, us } = only(ran, 'guest.trace');
    expect(us).toBe(0);
    expect(stuck).toMatchObject([{ comm: 'frozen' }]);
    expect(notes.join()).toContain('provision stacks vm1 --process frozen');
    await vm.read(THAW);
  });

  it('nothing is left of it', async () => {
    expect(await vm.read('pgrep -l bpftrace; ls -d /run/provision-trace.* 2>/dev/null; true')).toBe('');
  });

  it.runIf(SLOW)('bcc sees the same, and so does libbpf', async () => {
    for (const tool of ['libbpf', 'bcc']) {
      const ran = await trace('offcpu', '--process', 'Xorg', '--state', 'D', '--duration', '5s', '--tool', tool);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(folded('offcpu')).toMatch(/^Xorg;.*submit_bio_wait;.* \d+$/m);
    }
    for (const [mode, tool] of [
      ['wakeup', 'bpftrace'],
      ['wakeup', 'libbpf'],
      ['wakeup', 'bcc'],
      ['offwake', 'bcc'],
    ] as const) {
      const ran = await trace(mode, '--process', 'Xorg', '--duration', '5s', '--tool', tool);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(folded(mode)).toMatch(/^Xorg;(.*;)?--;.*complete.* \d+$/m);
    }
  });
});
