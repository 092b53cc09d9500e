import { describe, expect, test } from 'vitest';

import { loadAccess } from '../../src/guest/access.ts';
import { openSession } from '../../src/guest/session.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { expectRawBytes, expectRawFailures } from './support/raw.ts';

const LOCAL: Guest = {
  name: 'local',
  transport: 'local',
  host: 'localhost',
  become: false,
  groups: [],
  vars: [],
};

const session = await openSession(LOCAL, loadAccess({ home: '/nowhere', env: {} }));

// Only scripts that look: this is the machine that the tests run on.
describe('this machine as a guest', () => {
  test('the same frames as over SSH', async () => {
    const lines: string[] = [];
    const result = await session.runScript(
      `section a; printf '\\000\\377'; section b; echo one; echo two >&2; cat; exit 4`,
      {
        onLine: (section, line) => lines.push(`${section} ${line}`),
      },
    );
    expect(result).toMatchObject({ exitCode: 4, stderrTail: 'two\n' });
    expect(result.sections.get('a')).toEqual(Buffer.from([0, 255]));
    expect(result.sections.get('b')?.toString()).toBe('one\n');
    expect(lines).toContain('b one');
    expect(session.counters).toMatchObject({ connections: 0, channels: 1 });
  });

  test('quotes, blanks and a large script', async () => {
    const data = `it's "$HOME" \`id\` \\ `.repeat(20_000);
    const { sections } = await session.runScript(`section a\ncat <<'END'\n${data}\nEND`);
    expect(sections.get('a')?.toString()).toBe(`${data}\n`);
  });

  test('raw bytes, at the pace of who receives them', async () => {
    await expectRawBytes(session);
    await expectRawFailures(session);
  });

  test('a deadline, an abort and a killed shell', async () => {
    await expect(session.runScript('sleep 3', { timeoutMs: 30 })).rejects.toMatchObject({ code: 'E_TIMEOUT' });
    await expect(session.runScript('true', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    });
    await expect(session.runScript('kill -9 $$')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
  });

  test('a script that takes the shell or its trap away is told so', async () => {
    await expect(session.runScript('exec true')).rejects.toMatchObject({
      code: 'E_GUEST_SHELL',
      message: expect.stringContaining('without its end frame') as string,
    });
  });

  test('close is harmless', async () => {
    await session.close();
    await session.close();
  });
});
