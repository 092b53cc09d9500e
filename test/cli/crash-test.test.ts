import { describe, expect, it } from 'vitest';

import { run } from '../../src/cli/crash-test.ts';
import type { Flags } from '../../src/cli/program.ts';

const stopping = new AbortController().signal;
const crash = (args: string[], flags: Flags = {}): Promise<number> => run({ args, flags, stopping, leaving: stopping });

// Tests have no terminal, so a question cannot be asked.
describe('crash-test', () => {
  it('has no short form for the whole inventory, whatever else is said', async () => {
    await expect(crash([], { yes: true, yesCrashItNow: true })).rejects.toThrow(/needs the guests to crash by name/);
  });

  it.each<[string, Flags]>([
    ['nothing', {}],
    ['--yes, which is for other questions', { yes: true }],
  ])('without a terminal touches nothing when told %s', async (_name, flags) => {
    await expect(crash(['root@192.0.2.1'], flags)).rejects.toThrow(/there is no terminal to ask/);
  });

  it('never crashes the machine that it runs on', async () => {
    await expect(crash(['local'], { yesCrashItNow: true })).rejects.toThrow(/would crash the machine that you are on/);
  });
});
