import { describe, expect, it } from 'vitest';

import { dumpsLeave, kdumpSetting, rebootsByKexec } from '../../src/facts/kdump-config.ts';
import { file, filesOf } from '../plan/support/guest-model.ts';

const config = (text: string) => filesOf(file('/etc/default/kdump-tools', text));

describe('a key of /etc/default/kdump-tools', () => {
  it.each([
    ['USE_KDUMP=1\n', '1'],
    ['USE_KDUMP="0"', '0'],
    ["USE_KDUMP='0' # off", '0'],
    ['USE_KDUMP=1 # on', '1'],
    ['USE_KDUMP=1\nUSE_KDUMP=0\n', '0'],
    ['USE_KDUMP=\n', ''],
    ['#USE_KDUMP=1\n', null],
    [' USE_KDUMP=1\n', null],
    ['', null],
    ['USE_KDUMP=$(cat /etc/x)\n', null],
    ['USE_KDUMP="$OTHER"\n', null],
    ['USE_KDUMP=`echo 1`\n', null],
  ])('%j is %j', (text, value) => {
    expect(kdumpSetting(config(text), 'USE_KDUMP')).toBe(value);
  });

  it('is read from bytes that are not UTF-8', () => {
    const files = filesOf({ ...file('/etc/default/kdump-tools', ''), text: null, raw: '# caf\xe9\nUSE_KDUMP=0\n' });
    expect(kdumpSetting(files, 'USE_KDUMP')).toBe('0');
  });

  it.each([
    ['', false],
    ['# NFS="<nfs mount>"\n', false],
    ['NFS=""\n', false],
    ['NFS="server:/dumps"\n', true],
    ['SSH="<user at server>"\n', true],
    ['FTP=server\n', true],
  ])('%j: dumps leave the guest: %s', (text, leave) => {
    expect(dumpsLeave(config(text))).toBe(leave);
  });

  it.each([
    ['LOAD_KEXEC=true\n', true],
    ['LOAD_KEXEC=false\n', false],
    ['', false],
  ])('%j: reboots by kexec: %s', (text, by) => {
    expect(rebootsByKexec(filesOf(file('/etc/default/kexec', text)))).toBe(by);
  });
});
