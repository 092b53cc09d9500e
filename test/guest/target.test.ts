import { describe, expect, test } from 'vitest';

import { parseSshConfig } from '../../src/guest/ssh-config.ts';
import { targetOf, type Target } from '../../src/guest/target.ts';
import type { Guest } from '../../src/inventory/guest.ts';

const AROUND = { home: '/home/me', localUser: 'me', env: { SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' }, connectTimeoutMs: 9000 }; // prettier-ignore

function target(config: string, guest: Partial<Guest> = {}): Target {
  const lines = parseSshConfig(config, 'config', () => []);
  return targetOf(
    { name: 'vm1', transport: 'ssh', host: 'vm1', become: false, groups: [], vars: [], ...guest },
    lines,
    AROUND,
  );
}

describe('a target', () => {
  test('has defaults', () => {
    expect(target('')).toMatchObject({
      host: 'vm1',
      port: 22,
      user: 'me',
      agent: '/run/agent',
      connectTimeoutMs: 9000,
      keyNames: ['vm1'],
      knownHostsFiles: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'], // prettier-ignore
      newKeysFile: '/home/me/.ssh/known_hosts',
      strict: 'ask',
      identitiesExplicit: false,
    });
    expect(target('').identityFiles).toContain('/home/me/.ssh/id_ed25519');
  });

  test('takes what the inventory leaves open from ssh_config', () => {
    const config = 'User ops\nPort 2200\nIdentityFile ~/a\nHostName 192.0.2.1\nConnectTimeout 3\n';
    expect(target(config)).toMatchObject({
      host: '192.0.2.1',
      port: 2200,
      user: 'ops',
      identityFiles: ['/home/me/a'],
      connectTimeoutMs: 3000,
      keyNames: ['[192.0.2.1]:2200', '192.0.2.1'],
    });
    expect(target(config, { port: 22, user: 'root', identityFiles: ['/k'] })).toMatchObject({
      port: 22,
      user: 'root',
      identityFiles: ['/k'],
      keyNames: ['192.0.2.1'],
    });
  });

  test.each([
    ['%d/%n-%h-%p-%r-%u-%%', '/home/me/vm1-h.example-2200-ops-me-%'],
    ['${KEYS}/%r', '/keys/ops'],
    ['~/k', '/home/me/k'],
    ['${NOT_SET}/k', /\$\{NOT_SET\}\/k$/],
  ])('fills in %s', (written, filled) => {
    const [file] = target(`HostName h.example\nPort 2200\nUser ops\nIdentityFile ${written}\n`).identityFiles;
    if (typeof filled === 'string') expect(file).toBe(filled);
    else expect(file).toMatch(filled);
  });

  test('an alias stands for host and port, and files can be none', () => {
    expect(
      target('HostKeyAlias Fleet\nPort 2200\nUserKnownHostsFile /dev/null\nGlobalKnownHostsFile none\n'),
    ).toMatchObject({ keyNames: ['fleet'], knownHostsFiles: [] });
    expect(target('UserKnownHostsFile none\n').newKeysFile).toBeUndefined();
  });

  test.each([
    ['none', undefined],
    ['SSH_AUTH_SOCK', '/run/agent'],
    ['$KEYS', '/keys'],
    ['~/agent', '/home/me/agent'],
  ])('agent %s', (written, agent) => {
    expect(target(`IdentityAgent ${written}\n`).agent).toBe(agent);
  });
});
