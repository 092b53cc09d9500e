import { createHash } from 'node:crypto';

import { expect } from 'vitest';

import { ProvisionError } from '../../../src/errors.ts';
import type { GuestSession } from '../../../src/guest/session.ts';

const MIB = 1024 * 1024;

/**
 * Sixteen megabytes through a receiver that is slow now and then: all of them come, in order, and never more than one
 * chunk while the receiver is busy.
 */
export async function expectRawBytes(session: GuestSession): Promise<void> {
  const size = 16 * MIB;
  const hash = createHash('sha256');
  let [received, busy, overrun] = [0, false, 0];
  const { sections } = await session.runScript(
    `head -c ${size} /dev/urandom >/tmp/raw.$$; section before; echo x; raw ${size}; cat /tmp/raw.$$
     section sum; sha256sum </tmp/raw.$$; rm /tmp/raw.$$`,
    {
      onRaw: (chunk) => {
        if (busy) overrun += 1;
        hash.update(chunk);
        const before = received;
        received += chunk.length;
        if (Math.floor(before / MIB) === Math.floor(received / MIB)) return undefined;
        busy = true;
        return new Promise((resolve) =>
          setTimeout(() => {
            busy = false;
            resolve();
          }, 2),
        );
      },
    },
  );
  expect([received, overrun]).toEqual([size, 0]);
  expect(sections.get('before')?.toString()).toBe('x\n');
  expect(sections.get('sum')?.toString()).toBe(`${hash.digest('hex')}  -\n`);
}

/** A script that announces more than it has, and a receiver that refuses. */
export async function expectRawFailures(session: GuestSession): Promise<void> {
  await expect(session.runScript('raw 1000; echo short', { onRaw: () => undefined })).rejects.toMatchObject({
    code: 'E_PROBE',
    message: 'a file became shorter while it was read',
  });
  const full = new ProvisionError('E_DISK_FULL', 'this disk is full');
  await expect(
    session.runScript(`raw ${64 * MIB}; head -c ${64 * MIB} /dev/zero`, { onRaw: () => Promise.reject(full) }),
  ).rejects.toBe(full);
  // The session is as good as before.
  expect((await session.runScript('section a; echo on')).sections.get('a')?.toString()).toBe('on\n');
}
