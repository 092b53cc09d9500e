import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

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

/** The way to a target in short: its hops from here on, or the command. */
function way({ way: next }: Target): string {
  if (next.kind === 'straight') return '';
  if (next.kind === 'command') return `| ${next.line}`;
  const { user, host, port } = next.hop;
  return `${way(next.hop)} ${user}@${host}:${port}`.trim();
}

describe('the way to a target', () => {
  test.each<[what: string, config: string, guest: Partial<Guest>, expected: string]>([
    ['is straight', '', {}, ''],
    ['is straight by `none`', 'Host vm1\n ProxyJump none\nHost *\n ProxyJump a\n', {}, ''],
    ['is straight where the inventory says so', 'ProxyJump a\n', { jump: 'none' }, ''],
    ['takes hops in their order', 'Host vm1\n ProxyJump ops@a:2222,b\n', {}, 'ops@a:2222 me@b:22'],
    ['is what the inventory says first', 'Host vm1\n ProxyJump a\n', { jump: 'b,root@c' }, 'me@b:22 root@c:22'],
    ['looks hops up by name', 'Host vm1\n ProxyJump hop\nHost hop\n HostName 192.0.2.9\n User ops\n Port 2200\n', {}, 'ops@192.0.2.9:2200'], // prettier-ignore
    ['lets a hop say more than its block', 'Host vm1\n ProxyJump root@hop:1\nHost hop\n User ops\n Port 2200\n', {}, 'root@hop:1'], // prettier-ignore
    ["gives the guest's user to no hop", 'Host vm1\n ProxyJump hop\n', { user: 'root', port: 2222 }, 'me@hop:22'],
    ['goes on from a hop', 'Host vm1\n ProxyJump b\nHost b\n ProxyJump a\n', {}, 'me@a:22 me@b:22'],
    ['goes on from the first hop only', 'Host vm1\n ProxyJump b,c\nHost c\n ProxyJump x\nHost b\n ProxyJump a\n', {}, 'me@a:22 me@b:22 me@c:22'], // prettier-ignore
    ['has tokens', 'Host vm1\n HostName in.example\n User ops\n ProxyJump %r@gate-%h\n', {}, 'ops@gate-in.example:22'],
    ['has IPv6 hops', 'Host vm1\n ProxyJump ops@[2001:db8::1]:2222,::1\n', {}, 'ops@2001:db8::1:2222 me@::1:22'],
    ['is a command', 'HostName h\nPort 2200\nUser ops\nProxyCommand nc -x %n:1 %h %p %r %%h\n', {}, '| nc -x vm1:1 h 2200 ops %h'], // prettier-ignore
    ['is a command of a hop', 'Host vm1\n ProxyJump a\nHost a\n ProxyCommand nc %h %p\n', {}, '| nc a 22 me@a:22'],
    ['is no command where the inventory jumps', 'Host vm1\n ProxyCommand nc %h %p\n', { jump: 'a' }, 'me@a:22'],
  ])('%s', (_what, config, guest, expected) => {
    expect(way(target(config, guest))).toBe(expected);
  });

  test('ends where it comes back to itself, at whatever distance', () => {
    const circle = 'Host vm1\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump c\nHost c\n ProxyJump a\n';
    for (const config of [circle, 'ProxyJump a\n', 'Host vm1\n ProxyJump vm1\n'])
      expect(() => target(config)).toThrow(
        expect.objectContaining({
          code: 'E_UNREACHABLE',
          message: expect.stringMatching(/^the jump host (a|vm1) is reached through itself$/) as string,
          where: { guest: 'vm1' },
        }),
      );
    // The same host under another name of its user is another way.
    expect(way(target('Match user root\n ProxyJump none\nMatch all\n ProxyJump root@vm1\n', { user: 'ops' }))).toBe(
      'root@vm1:22',
    );
  });

  test.each([
    ['ProxyCommand nc %x', {}, 'ProxyCommand cannot hold %x'],
    ['ProxyCommand nc %', {}, 'ProxyCommand cannot hold %'],
    ['ProxyCommand nc %r', { user: 'a;reboot' }, 'ProxyCommand would hand "a;reboot" to a shell'],
    ['ProxyCommand nc %r', { user: '$(id)' }, 'ProxyCommand would hand "$(id)" to a shell'],
    ['ProxyJump a,,b', {}, 'ProxyJump a,,b is no list of hosts'],
  ])('%s with %j is refused', (config, guest, message) => {
    expect(() => target(config, guest)).toThrow(
      expect.objectContaining({ code: 'E_SSH_UNSUPPORTED', message, where: { guest: 'vm1' } }),
    );
  });
});

describe('the control socket of an ssh', () => {
  test('is where this machine’s ssh has it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'provision-target-'));
    try {
      const config = 'HostName EX.example\nPort 23\nUser bob\nControlPath /run/%C-%h-%p-%r-%n-%l-%L-%i-%u-%%\n';
      writeFileSync(join(folder, 'config'), config);
      const said = execFileSync('ssh', ['-G', '-F', join(folder, 'config'), 'Box'], { encoding: 'utf8' });
      const lines = parseSshConfig(config, 'config', () => []);
      const guest = { name: 'vm1', transport: 'ssh' as const, host: 'Box', become: false, groups: [], vars: [] };
      expect(targetOf(guest, lines, { ...AROUND, localUser: userInfo().username }).controlPaths).toEqual([
        /^controlpath (.*)$/m.exec(said)?.[1],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('has the jump host in its hash, or not: that depends on how old ssh is', () => {
    const hash = (jump: string): string => createHash('sha1').update(`${hostname()}vm122ops${jump}`).digest('hex');
    const config = 'ControlPath /run/%C\nUser ops\nHost vm1\n';
    expect(target(config, { jump: 'ops@gate' }).controlPaths).toEqual([`/run/${hash('ops@gate')}`, `/run/${hash('')}`]);
    expect(target(`${config}ProxyJump gate\n`).controlPaths).toEqual([`/run/${hash('gate')}`, `/run/${hash('')}`]);
    expect(target(`${config}ProxyJump gate\n`, { jump: 'none' }).controlPaths).toEqual([`/run/${hash('')}`]);
    expect(target('ControlPath /run/%j-%h\n').controlPaths).toEqual(['/run/-vm1']);
  });

  test.each(['', 'ControlPath none\n'])('is none after %j', (config) => {
    expect(target(config).controlPaths).toEqual([]);
  });
});
