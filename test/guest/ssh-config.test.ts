import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hostNames } from '../../src/guest/ssh-config.ts';
import { loadSshConfig } from '../../src/guest/ssh-config-file.ts';
import { sshOptions } from '../../src/guest/ssh-options.ts';

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

const { username: LOCAL, homedir: HOME } = userInfo();

/** What `ssh -G` says, in the words that we have for it. */
function askSsh(file: string, host: string, user?: string): Record<string, unknown> {
  const args = ['-G', '-F', file, ...(user === undefined ? [] : ['-l', user]), host];
  const lines = execFileSync('ssh', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .split('\n');
  const every = (keyword: string): string[] =>
    lines.filter((line) => line.startsWith(`${keyword} `)).map((line) => line.slice(keyword.length + 1));
  const first = (keyword: string): string | undefined => every(keyword)[0];
  const timeout = first('connecttimeout');
  const none = (value: string | undefined): string | undefined => (value === 'none' ? undefined : value);
  return {
    hostName: first('hostname'),
    user: first('user'),
    port: Number(first('port')),
    identityFiles: every('identityfile'),
    identitiesOnly: first('identitiesonly') === 'yes',
    identityAgent: first('identityagent'),
    certificateFiles: every('certificatefile'),
    hostKeyAlias: first('hostkeyalias'),
    userKnownHostsFiles: first('userknownhostsfile')?.split(' '),
    globalKnownHostsFiles: first('globalknownhostsfile')?.split(' '),
    strict: first('stricthostkeychecking'),
    hashKnownHosts: first('hashknownhosts') === 'yes',
    connectTimeoutMs: timeout === undefined || timeout === 'none' ? undefined : Number(timeout) * 1000,
    addressFamily: { inet: 4, inet6: 6, any: undefined }[first('addressfamily') ?? 'any'],
    proxy: none(first('proxyjump')) ?? none(first('proxycommand')),
  };
}

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', 'id_dsa'];
const STRICT: Readonly<Record<string, string>> = { yes: 'true', ask: 'ask', 'accept-new': 'accept-new' };

function askOurs(file: string, host: string, user?: string): Record<string, unknown> {
  const options = sshOptions(loadSshConfig({ home: '/nowhere', only: file }), { host, user, localUser: LOCAL });
  const { strictHostKeyChecking, proxy, identityFiles, ...same } = options;
  return {
    ...same,
    user: options.user ?? LOCAL,
    port: options.port ?? 22,
    identityFiles: identityFiles.length > 0 ? identityFiles : DEFAULT_KEYS.map((name) => `~/.ssh/${name}`),
    userKnownHostsFiles: options.userKnownHostsFiles ?? [`${HOME}/.ssh/known_hosts`, `${HOME}/.ssh/known_hosts2`],
    globalKnownHostsFiles: options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    strict: STRICT[strictHostKeyChecking],
    proxy: proxy?.value,
  };
}

const CASES: readonly (readonly [what: string, text: string, host: string, user?: string])[] = [
  ['nothing', '', 'vm1'],
  ['one host', 'Host vm1\n HostName 192.0.2.1\n User ops\n Port 2222\n', 'vm1'],
  ['the first value wins', 'Host vm1\n User a\nHost *\n User b\n Port 99\n', 'vm1'],
  ['equals signs and case', 'hOsT=vm1\nHOSTNAME = h.example\n\tport=2200\nUser\t=\tops\n', 'vm1'],
  ['quotes', 'Host "vm1"\n User "an ops"\n IdentityFile "/k/my key"\n', 'vm1'],
  ['single quotes and backslashes', "Host vm1\n User 'o\\'ps'\n IdentityFile /k/a\\ b\n", 'vm1'],
  ['comments and blank lines', '# x\n\n   # y\nHost vm1 # mine\n User ops # me\n', 'vm1'],
  ['CRLF and trailing blanks', 'Host vm1  \r\n  User ops\t\r\n  Port 23 \r\n', 'vm1'],
  ['wildcards', 'Host vm?\n Port 1\nHost *.net !bad.net\n Port 2\n', 'good.net'],
  ['negation', 'Host *.net !bad.net\n Port 2\n', 'bad.net'],
  ['several patterns', 'Host a b vm1 c\n Port 5\n', 'vm1'],
  ['case of Host matters', 'Host VM1\n Port 5\n', 'vm1'],
  ['upper case', 'Host VM1\n HostName Big.Example\n', 'VM1'],
  ['HostName tokens', 'Host vm*\n HostName %h.example.%%net\n', 'vm1'],
  ['identity files add up', 'IdentityFile /k/a\nHost vm1\n IdentityFile /k/b\n IdentityFile /k/a\n', 'vm1'],
  ['identities only', 'IdentitiesOnly yes\nIdentityFile ~/k/%r\nCertificateFile /k/c\n', 'vm1'],
  ['identity agent', 'IdentityAgent none\n', 'vm1'],
  ['known hosts', 'UserKnownHostsFile /a /b\nGlobalKnownHostsFile /dev/null\nHashKnownHosts yes\n', 'vm1'],
  ['strict', 'Host vm1\n StrictHostKeyChecking yes\n', 'vm1'],
  ['accept-new and alias', 'StrictHostKeyChecking accept-new\nHostKeyAlias Alias.One\n', 'vm1'],
  ['timeouts', 'ConnectTimeout 7\n', 'vm1'],
  ['timeouts with units', 'ConnectTimeout 1m30s\n', 'vm1'],
  ['address family', 'AddressFamily inet6\n', 'vm1'],
  ['match all', 'Match all\n Port 3\n', 'vm1'],
  ['match host', 'Match host *.example\n Port 3\nHost vm1\n HostName x.example\n', 'vm1'],
  ['match host after HostName', 'Host vm1\n HostName x.example\nMatch host *.example\n Port 3\n', 'vm1'],
  ['match originalhost', 'Host vm1\n HostName x\nMatch originalhost vm1,vm2 host x\n Port 4\n', 'vm1'],
  ['match user from the file', 'User ops\nMatch user ops\n Port 3\n', 'vm1'],
  ['match user from the flag', 'User ops\nMatch user root,admin\n Port 3\n', 'vm1', 'admin'],
  ['match localuser', `Match localuser ${LOCAL}\n Port 3\n`, 'vm1'],
  ['match negated', 'Match !user ops\n Port 3\nMatch !host vm*\n Port 4\n', 'vm1'],
  ['match with a negated pattern', 'Match host *,!vm1\n Port 3\n', 'vm1'],
  ['match final', 'Match final host vm1\n Port 3\n IdentityFile /k/f\nMatch all\n User late\n', 'vm1'],
  ['include with a glob', 'Include FOLDER/conf.d/*.conf\nHost *\n Port 9\n', 'inc'],
  ['include in a host that matches', 'Host vm1\n Include FOLDER/plain.conf\n Port 9\n', 'vm1'],
  ['include in a host that does not', 'Host vm2\n Include FOLDER/plain.conf\nHost vm1\n Port 9\n', 'vm1'],
  ['include of hosts in one that does not', 'Host other\n Include FOLDER/conf.d/*\nHost inc\n Port 9\n', 'inc'],
  ['include puts the block back', 'Host inc\n Include FOLDER/conf.d/*.conf\n Port 9\n IdentityFile /k/z\n', 'inc'],
  ['include of nothing', 'Include FOLDER/none/*.conf\nUser ops\n', 'vm1'],
  ['proxy jump', 'Host vm1\n ProxyJump a,b@c:22\n ProxyCommand none\n', 'vm1'],
  ['proxy command', 'ProxyCommand ssh -W %h:%p "my jump"\nProxyJump b\n', 'vm1'],
  ['no proxy', 'Host vm1\n ProxyJump none\nHost *\n ProxyJump b\n', 'vm1'],
];

describe('as ssh -G reads it', () => {
  test.each(CASES.map(([what, text, host, user]) => ({ what, text, host, user })))('$what', ({ text, host, user }) => {
    const file = join(folder, 'config');
    writeFileSync(file, text.replaceAll('FOLDER', folder));
    expect(askOurs(file, host, user)).toEqual(askSsh(file, host, user));
  });
});

test('StrictHostKeyChecking no accepts new keys only', () => {
  const file = join(folder, 'config');
  writeFileSync(file, 'StrictHostKeyChecking no\n');
  const options = sshOptions(loadSshConfig({ home: '/nowhere', only: file }), { host: 'vm1', localUser: 'me' });
  expect(options.strictHostKeyChecking).toBe('accept-new');
});

test('Match exec is refused where it would decide, and only there', () => {
  const file = join(folder, 'config');
  writeFileSync(file, 'Host *\n User ops\nMatch host vm1 exec "test -e /x"\n Port 1\n');
  const lines = loadSshConfig({ home: '/nowhere', only: file });
  expect(() => sshOptions(lines, { host: 'vm1', localUser: 'me' })).toThrow(
    expect.objectContaining({ code: 'E_SSH_UNSUPPORTED', where: { file, line: 3 } }),
  );
  expect(sshOptions(lines, { host: 'vm2', localUser: 'me' }).user).toBe('ops');
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
