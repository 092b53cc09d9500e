import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Facts, ReadinessState } from '../../src/facts/facts.ts';
import { parseLoadCommand } from '../../src/facts/load-command.ts';
import { kdumpReadiness } from '../../src/facts/readiness.ts';
import { bareFacts, MIB, NO_CAPTURE } from '../plan/support/facts.ts';
import { file, filesOf } from '../plan/support/guest-model.ts';

const KERNEL = '6.1.0-56-amd64';
const APPEND = 'reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb panic=10';
const COMMAND = `/sbin/kexec -p --command-line="BOOT_IMAGE=/boot/vmlinuz-${KERNEL} root=UUID=1 ro  quiet ${APPEND}" --initrd=/var/lib/kdump/initrd.img /var/lib/kdump/vmlinuz\n`;
const CONFIG = `USE_KDUMP=1\nKDUMP_KERNEL=/var/lib/kdump/vmlinuz\nKDUMP_INITRD=/var/lib/kdump/initrd.img\nKDUMP_CMDLINE_APPEND="${APPEND}"\n`;
const ACTIVE = { load: 'loaded', active: 'active', sub: 'exited', enabled: 'enabled', result: 'success' };

/** A guest that would capture a crash. */
const READY: Facts = {
  ...bareFacts(),
  cmdline: 'BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro quiet crashkernel=256M',
  kexec: { crashLoaded: true, crashSize: 256 * MIB, loaded: false, loadDisabled: false },
  capture: {
    ...NO_CAPTURE,
    captureInitrdBytes: 25 * MIB,
    kernelLink: `/boot/vmlinuz-${KERNEL}`,
    initrdLink: `/var/lib/kdump/initrd.img-${KERNEL}`,
    initrdThere: true,
  },
  units: { 'kdump-tools.service': ACTIVE },
  files: filesOf(file('/etc/default/kdump-tools', CONFIG), file('/var/crash/kexec_cmd', COMMAND)),
};
const unloaded: Facts = { ...READY, kexec: { ...READY.kexec, crashLoaded: false } };
const unit = (changes: Partial<typeof ACTIVE>): Facts['units'] => ({
  'kdump-tools.service': { ...ACTIVE, ...changes },
});
const withFile = (facts: Facts, path: string, text: string): Facts => ({
  ...facts,
  files: { ...facts.files, [path]: file(path, text) },
});
const config = (facts: Facts, edit: (text: string) => string): Facts =>
  withFile(facts, '/etc/default/kdump-tools', edit(CONFIG));
const record = (edit: (text: string) => string): Facts => withFile(READY, '/var/crash/kexec_cmd', edit(COMMAND));
const without = (path: string): Facts => ({
  ...READY,
  files: Object.fromEntries(Object.entries(READY.files).filter(([each]) => each !== path)),
});

const CASES: readonly (readonly [string, Facts, ReadinessState, RegExp])[] = [
  ['all is well', READY, 'ready', /loaded, 256 MiB reserved$/],
  ['there is no record of the load', without('/var/crash/kexec_cmd'), 'ready', /not on record/],
  ['it is saving a dump', { ...READY, captureKernel: true }, 'capturing', /capture kernel/],
  ['sysfs has no such file', { ...READY, kexec: { ...READY.kexec, crashLoaded: null } }, 'no-support', /no kexec/],
  [
    'nothing was asked for at boot',
    { ...unloaded, cmdline: 'root=UUID=1 ro', kexec: { ...unloaded.kexec, crashSize: 0 } },
    'not-reserved',
    /no crashkernel=/,
  ],
  [
    'the kernel had no room',
    { ...unloaded, kexec: { ...unloaded.kexec, crashSize: 0 } },
    'reservation-failed',
    /crashkernel=256M is on the command line/,
  ],
  [
    'somebody forbade loading',
    { ...unloaded, kexec: { ...unloaded.kexec, loadDisabled: true } },
    'disabled',
    /kexec_load/,
  ],
  ['USE_KDUMP is 0', config(unloaded, (text) => text.replace('=1\n', '=0\n')), 'disabled', /USE_KDUMP=0/],
  ['the unit is masked', { ...unloaded, units: unit({ load: 'masked', enabled: 'masked' }) }, 'disabled', /is masked/],
  ['the unit is disabled', { ...unloaded, units: unit({ enabled: 'disabled' }) }, 'disabled', /is disabled/],
  [
    'kdump-tools is missing',
    { ...unloaded, units: unit({ load: 'not-found', enabled: '' }) },
    'not-loaded',
    /not installed/,
  ],
  ['the unit is starting', { ...unloaded, units: unit({ active: 'activating' }) }, 'not-loaded', /still starting/],
  [
    'the unit failed',
    { ...unloaded, units: unit({ active: 'failed', result: 'exit-code' }) },
    'not-loaded',
    /exit-code/,
  ],
  ['the unit is stopped', { ...unloaded, units: unit({ active: 'inactive' }) }, 'not-loaded', /is inactive/],
  ['the kernel is locked down', { ...unloaded, lockdown: 'integrity' }, 'not-loaded', /locked down \(integrity\)/],
  ['the unit is active all the same', unloaded, 'not-loaded', /the load failed/],
  ['there is no systemd', { ...unloaded, units: {} }, 'not-loaded', /the load failed/],
  [
    'it was loaded without an initrd',
    record((text) => text.replace(/--initrd=\S+ /, '')),
    'no-initrd',
    /without an initrd/,
  ],
  [
    'the link to the initrd dangles',
    { ...READY, capture: { ...READY.capture, initrdThere: false } },
    'no-initrd',
    /nowhere/,
  ],
  [
    'the word that starts the dump is missing',
    record((text) => text.replace(/systemd\.unit=\S+ /, '')),
    'stale-cmdline',
    /systemd\.unit/,
  ],
  [
    'words of the configuration are missing',
    record((text) => text.replace(' panic=10', '')),
    'stale-cmdline',
    /lacks panic=10$/,
  ],
  [
    'the whole command line is set, and another was loaded',
    config(READY, (text) => `${text}KDUMP_CMDLINE="root=/dev/vda1 ro"\n`),
    'stale-cmdline',
    /lacks root=\/dev\/vda1$/,
  ],
  [
    'another kernel is loaded',
    { ...READY, capture: { ...READY.capture, kernelLink: '/boot/vmlinuz-6.1.0-50-amd64' } },
    'stale-cmdline',
    /6\.1\.0-50-amd64, and 6\.1\.0-56-amd64 is running/,
  ],
  ['it is loaded and turned off', config(READY, (text) => text.replace('=1\n', '=0\n')), 'stale-config', /USE_KDUMP=0/],
  [
    'another kernel file is configured',
    config(READY, (text) => text.replace('/vmlinuz', '/debug')),
    'stale-config',
    /KDUMP_KERNEL/,
  ],
  [
    'another initrd is configured',
    config(READY, (text) => text.replace('/initrd.img', '/small.img')),
    'stale-config',
    /KDUMP_INITRD/,
  ],
  [
    'kexec is to have options',
    config(READY, (text) => `${text}KDUMP_KEXEC_ARGS="-s"\n`),
    'stale-config',
    /KDUMP_KEXEC_ARGS/,
  ],
  ['a key for the capture boot has changed', config(READY, (text) => `${text}KDUMP_NUM_DUMPS=9\n`), 'ready', /loaded/],
];

describe('a guest where', () => {
  it.each(CASES)('%s', (_name, facts, state, reason) => {
    const found = kdumpReadiness(facts);
    expect(found.state).toBe(state);
    expect(found.reason).toMatch(reason);
    if (state === 'ready') expect(found.hint).toBeNull();
    else expect(found.hint).toMatch(/\S/);
  });

  it('any file has any text, is in one of the states', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (kexec, kdump, link) => {
        const facts = withFile(withFile(READY, '/var/crash/kexec_cmd', kexec), '/etc/default/kdump-tools', kdump);
        const { reason } = kdumpReadiness({ ...facts, capture: { ...facts.capture, kernelLink: link } });
        expect(reason).not.toBe('');
      }),
    );
  });
});

describe('the record of a load', () => {
  it.each([
    ['of kdump-tools', COMMAND, { initrd: '/var/lib/kdump/initrd.img', kernel: '/var/lib/kdump/vmlinuz' }],
    ['with --append', '/sbin/kexec -p --append="a=1 b" /boot/vmlinuz', { words: ['a=1', 'b'], initrd: null }],
    ['with quotes inside', '/sbin/kexec -p --command-line="a=\\"x y\\" b" /k', { words: ['a=\\"x', 'y\\"', 'b'] }],
    [
      'signed',
      '/sbin/kexec -p -s --command-line="" --initrd=/i /k',
      { options: ['-p', '-s', '--initrd=/i', '/k'], words: [] },
    ],
  ])('%s is read', (_name, text, expected) => {
    expect(parseLoadCommand(text)).toMatchObject(expected);
  });

  it.each([null, '', '\n', 'kexec', 'something else --initrd=/x /k'])('%j is none', (text) => {
    expect(parseLoadCommand(text)).toBeNull();
  });
});
