import { describe, expect, it } from 'vitest';

import type { Verdict } from '../../../src/crash/boot-proof.ts';
import { gaveUp } from '../../../src/crash/crash-test/gave-up.ts';
import type { CrashMode } from '../../../src/crash/crash-test/mode.ts';
import { ProvisionError } from '../../../src/errors.ts';

const lost = new ProvisionError('E_UNREACHABLE', 'connection refused');

describe('a guest that is not back', () => {
  const cases: [mode: CrashMode, last: Verdict | ProvisionError, text: RegExp, hint: RegExp][] = [
    [
      'sysrq',
      lost,
      /^vm1 is not back 90 s after the trigger \(connection refused\): the capture hangs/,
      /virsh console/,
    ],
    ['sysrq', { kind: 'same-boot', text: '' }, /^no crash 90 s .*the same boot still answers$/, /MAGIC_SYSRQ/],
    ['hang', { kind: 'same-boot', text: '' }, /^no panic 90 s .*the same boot still answers$/, /hung_task_panic=1/],
    ['hang', { kind: 'given-up', text: 'no loop' }, /^no panic 90 s .*the guest says: no loop$/, /loop device/],
    ['sysrq', { kind: 'capture-kernel', text: '' }, /^still saving the dump 90 s/, /--budget/],
    ['sysrq', { kind: 'wrong', text: 'another machine', hint: 'look' }, /^another machine 90 s/, /^look$/],
  ];

  it.each(cases)('%s, %o', (mode, last, text, hint) => {
    const { code, message, hint: said } = gaveUp('vm1', mode, last, 90_000);
    expect(code).toBe('E_CAPTURE');
    expect(message).toMatch(text);
    expect(said).toMatch(hint);
  });
});
