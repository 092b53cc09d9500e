import { expect, it } from 'vitest';

import { budgetSeconds } from '../../src/crash/gate.ts';
import { file, filesOf } from '../plan/support/guest-model.ts';

it.each([
  ['what is left of arm.after', 'WHEN=kdump-ready\nAFTER=300\n', 100, 200 + 180],
  ['nothing of it once the guest is up for longer', 'AFTER=5\n', 100, 180],
  ['the default of the gate where its settings are gone', null, 20, 100 + 180],
  ['the default where they are not a number', 'AFTER=soon\n', 20, 100 + 180],
])('the gate is given %s, and time to load a crash kernel', (_what, text, uptimeSeconds, seconds) => {
  const files = text === null ? {} : filesOf(file('/etc/provision/arm.conf', text));
  expect(budgetSeconds({ files, uptimeSeconds })).toBe(seconds);
});
