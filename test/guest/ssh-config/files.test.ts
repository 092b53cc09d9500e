import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { hostNames } from '../../../src/guest/ssh-config.ts';
import { loadSshConfig } from '../../../src/guest/ssh-config-file.ts';
import { sshOptions } from '../../../src/guest/ssh-options.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-ssh-'));
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(join(folder, 'conf.d', '10-a.conf'), 'Host inc\n  User from-a\n  Port 1010\n');
  writeFileSync(join(folder, 'conf.d', '20-b.conf'), 'Host inc\n  User from-b\n  HostName b.example\n');
  writeFileSync(join(folder, 'conf.d', '.hidden.conf'), 'Host *\n  User hidden\n');
  writeFileSync(join(folder, 'plain.conf'), 'User plain\nPort 77\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('StrictHostKeyChecking no accepts new keys only', () => {
  const file = join(folder, 'config');
  writeFileSync(file, 'StrictHostKeyChecking no\n');
  const options = sshOptions(loadSshConfig({ home: '/nowhere', only: file }), { host: 'vm1', localUser: 'me' });
  expect(options.strictHostKeyChecking).toBe('accept-new');
});

test('an include of itself ends with its name', () => {
  const file = join(folder, 'loop');
  writeFileSync(file, `Include ${file}\n`);
  expect(() => loadSshConfig({ home: '/nowhere', only: file })).toThrow(
    expect.objectContaining({ code: 'E_INVENTORY', where: { file } }),
  );
});

test('relative includes are under ~/.ssh, of the person or of the machine', () => {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh', 'config.d'), { recursive: true });
  mkdirSync(join(folder, 'system'));
  writeFileSync(join(home, '.ssh', 'config'), 'Include config.d/*\n');
  writeFileSync(join(home, '.ssh', 'config.d', 'one'), 'Host vm1\n User own\n');
  writeFileSync(join(folder, 'system', 'ssh_config'), 'Include more\nHost *\n User machine\n');
  writeFileSync(join(folder, 'system', 'more'), 'Host *\n Port 44\n');
  const lines = loadSshConfig({ home, system: join(folder, 'system', 'ssh_config') });
  expect(sshOptions(lines, { host: 'vm1', localUser: 'me' })).toMatchObject({ user: 'own', port: 44 });
  expect(hostNames(lines)).toEqual(['vm1']);
});

test('a file that was asked for and is not there', () => {
  expect(() => loadSshConfig({ home: '/nowhere', only: '/nowhere/config' })).toThrow(
    expect.objectContaining({ code: 'E_USAGE' }),
  );
});

test('hosts that a person could name', () => {
  const file = join(folder, 'config');
  writeFileSync(file, `Host a b *.x !c\nMatch host d\nInclude ${folder}/conf.d/*.conf\nHost a e?\n`);
  expect(hostNames(loadSshConfig({ home: '/nowhere', only: file }))).toEqual(['a', 'b', 'inc']);
});
