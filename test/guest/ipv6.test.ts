import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { closeAccess } from '../../src/guest/access.ts';
import { openSession } from '../../src/guest/session.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { guestFromText } from '../../src/inventory/target.ts';
import { accessFrom, guestAt, makeHome, startSshd, type Home, type Sshd } from './support/sshd.ts';

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

let home: Home;
let sshd: Sshd;
beforeAll(async () => {
  home = makeHome();
  home.write('config', 'HashKnownHosts no\n');
  sshd = await startSshd([home.key]);
});
afterAll(async () => {
  await sshd.stop();
  home.remove();
});

/** The address of ours that the guest saw. */
async function seenFrom(guest: Guest, acceptNew = false): Promise<string | undefined> {
  const access = accessFrom(home, { acceptNew });
  const session = await openSession(guest, access);
  const { sections } = await session.runScript('section from; echo "${SSH_CONNECTION%% *}"');
  await session.close();
  await closeAccess(access);
  return sections.get('from')?.toString().trim();
}

describe.skipIf(!HAS_IPV6)('IPv6', () => {
  const known = (): string[] => {
    const text = readFileSync(join(home.path, '.ssh/known_hosts'), 'utf8');
    return text.trim().split('\n').map((line) => line.split(' ')[0] ?? ''); // prettier-ignore
  };

  test('an address on the command line, and its name in known_hosts', async () => {
    const guest = { ...guestFromText(`root@[::1]:${sshd.port}`) };
    await expect(seenFrom(guest)).rejects.toMatchObject({
      code: 'E_HOST_KEY_UNKNOWN',
      hint: expect.stringContaining(`ssh-keyscan -p ${sshd.port} ::1`) as string,
    });
    expect(await seenFrom(guest, true)).toBe('::1');
    expect(known()).toEqual([`[::1]:${sshd.port}`]);
    expect(await seenFrom(guest)).toBe('::1');
  });

  test('a jump host, and a guest behind it', async () => {
    expect(await seenFrom(guestAt(sshd.port, { host: 'localhost', jump: `root@[::1]:${sshd.port}` }), true)).toMatch(
      /^(::1|127)/,
    );
  });

  test('a jump host out of ssh_config', async () => {
    home.write('config', `HashKnownHosts no\nHost hop\n HostName ::1\n Port ${sshd.port}\n User root\n`);
    expect(await seenFrom(guestAt(sshd.port, { host: 'localhost', jump: 'hop' }))).toMatch(/^(::1|127)/);
    home.write('config', 'HashKnownHosts no\n');
  });

  test('AddressFamily chooses among the addresses of a name', async () => {
    home.write('config', 'HashKnownHosts no\nAddressFamily inet\n');
    expect(await seenFrom(guestAt(sshd.port, { host: 'localhost' }), true)).toBe('127.0.0.1');
    const six = await lookup('localhost', { family: 6 }).catch(() => undefined);
    home.write('config', 'HashKnownHosts no\nAddressFamily inet6\n');
    const there = seenFrom(guestAt(sshd.port, { host: 'localhost' }), true);
    if (six === undefined) await expect(there).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    else expect(await there).toBe('::1');
    home.write('config', 'HashKnownHosts no\n');
  });

  test('nobody there', async () => {
    await expect(seenFrom(guestAt(1, { host: '::1' }))).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      message: expect.stringContaining('[::1]:1 refuses connections') as string,
    });
  });
});
