import type { Dump, DumpsAnswer } from '../../../../src/crash/dumps/dump.ts';

/** A valid dump of a hung task, as a guest with 2 GiB leaves it. */
export function dump(changes: Partial<Dump> = {}): Dump {
  const name = changes.name ?? '202611241200';
  const file = { name: `dump.${name}`, size: 41_300_000, mtime: 1_795_000_000 };
  const dmesg = { name: `dmesg.${name}`, size: 60_000, mtime: 1_795_000_000 };
  return {
    name,
    directory: `/var/crash/${name}`,
    time: 1_795_000_000,
    ageSeconds: 7500,
    files: [dmesg, file],
    dump: { name: file.name, size: file.size, format: 'flattened', incomplete: false },
    dmesg,
    panic: 'hung_task: blocked tasks',
    trigger: 'hung_task',
    blocked: { comm: 'Xorg', pid: 1458, seconds: 60 },
    tag: null,
    captureLog: false,
    journal: false,
    verdict: { valid: true },
    ...changes,
  };
}

export function answer(changes: Partial<DumpsAnswer> = {}): DumpsAnswer {
  return {
    coredir: '/var/crash',
    exists: true,
    readable: true,
    now: 1_795_007_500,
    bootId: '11111111-2222-3333-4444-555555555555',
    memTotalKiB: 2_000_000,
    freeKiB: 9_000_000,
    captureKernel: false,
    kdumpLock: true,
    kexecCmd: true,
    remote: null,
    dumps: [dump()],
    ...changes,
  };
}
