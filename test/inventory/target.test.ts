import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestFromText, hostFromText, hostToText, isAddress, jumpFromText } from '../../src/inventory/target.ts';
import { errorOf } from '../profile/support.ts';

describe('guests on the command line', () => {
  it.each([
    ['vm1', { host: 'vm1' }],
    ['ops@vm1', { host: 'vm1', user: 'ops' }],
    ['vm1:2222', { host: 'vm1', port: 2222 }],
    ['ops@192.0.2.1:22', { host: '192.0.2.1', port: 22, user: 'ops' }],
    ['ops@[::1]:2222', { host: '::1', port: 2222, user: 'ops' }],
    ['[2001:db8::1]', { host: '2001:db8::1' }],
    ['::1', { host: '::1' }],
    ['root@fe80::1%eth0', { host: 'fe80::1%eth0', user: 'root' }],
    ['ad@corp.example@vm1', { host: 'vm1', user: 'ad@corp.example' }],
  ])('%s', (text, expected) => {
    expect(guestFromText(text)).toMatchObject({ name: text, transport: 'ssh', become: false, ...expected });
  });

  it('local is this machine', () => {
    expect(guestFromText('local')).toMatchObject({ name: 'local', transport: 'local' });
  });

  it.each([
    '',
    '@',
    'ops@',
    '@vm1',
    'vm1:',
    'vm1:0',
    'vm1:65536',
    'vm1:ssh',
    'a:b:c',
    '[::1',
    '[::1]:',
    '[vm 1]',
    '-oProxyCommand=x',
    'ops@-x',
    'a b',
    'vm1;reboot',
    'a/b',
    'vm1:22:22',
    '::1::',
  ])('%j is refused', (text) => {
    expect(errorOf(() => guestFromText(text))).toMatchObject({ code: 'E_INVENTORY' });
  });

  it.each(['ops@vm1', 'vm1:22', '192.0.2.1', '::1', '[::1]:22', 'local'])('%s can only be an address', (text) => {
    expect(isAddress(text)).toBe(true);
  });

  it.each(['vm1', 'vm*', 'a:b', 'a:b:!c', 'a,b', '!vm1', 'vm1.example.net', 'desktops:&slow', 'a:b:c:d:e:f:a:b:c'])(
    '%s could be a name or a pattern',
    (text) => {
      expect(isAddress(text)).toBe(false);
    },
  );

  it('jump hosts are one or several', () => {
    expect(jumpFromText('ops@a:22,b,[::1]:2')?.map(hostToText)).toEqual(['ops@a:22', 'b', '[::1]:2']);
    expect(jumpFromText('ssh://ops@a:22/, none-such')?.map(hostToText)).toEqual(['ops@a:22', 'none-such']);
    expect(jumpFromText('None')).toEqual([]);
    expect(jumpFromText('a,,b')).toBeNull();
  });

  it('never lets through what ssh would take for an option', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = hostFromText(text);
        expect(found?.host.startsWith('-') ?? false).toBe(false);
        expect(found?.user?.startsWith('-') ?? false).toBe(false);
      }),
    );
  });
});
