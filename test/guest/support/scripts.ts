import { expect } from 'vitest';

import type { GuestSession } from '../../../src/guest/session.ts';

/** One script with all that a script can have, then three at once: four channels. */
export async function expectScripts(session: GuestSession): Promise<void> {
  const lines: string[] = [];
  const result = await session.runScript(
    `section a; echo "it's"; section b; printf '\\000\\377\\n'; echo oops >&2; cat; exit 5`,
    { onLine: (section, line) => lines.push(`${section}: ${line}`) },
  );
  expect(result).toMatchObject({ exitCode: 5, stderrTail: 'oops\n' });
  expect(result.sections.get('b')).toEqual(Buffer.from([0, 255, 10]));
  expect(lines[0]).toBe("a: it's");
  const said = await Promise.all([1, 2, 3].map((number) => session.runScript(`section n; echo ${number}`)));
  expect(said.map(({ sections }) => sections.get('n')?.toString())).toEqual(['1\n', '2\n', '3\n']);
  expect(session.counters).toMatchObject({ retries: 0, channels: 4 });
  expect(session.counters.bytesReceived).toBeGreaterThan(10);
}
