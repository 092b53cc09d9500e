import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { loadSshConfig } from '../../../src/guest/ssh-config-file.ts';
import { hostToText, jumpFromText } from '../../../src/inventory/target.ts';
import { sshOptions } from '../../../src/guest/ssh-options.ts';

const { username: LOCAL, homedir: HOME } = userInfo();
const CORPUS = join(import.meta.dirname, 'corpus');
/** The files with their own folder in place of CORPUS, and their own user in place of ME. */
const folder = mkdtempSync(join(tmpdir(), 'provision-corpus-'));
cpSync(CORPUS, folder, { recursive: true });
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.conf'),
)) {
  // Copies: this machine's ssh reads them as a person's own.
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8')
    .replaceAll('CORPUS', folder)
    .replaceAll(/\bME\b/g, LOCAL);
  writeFileSync(file, text.startsWith('# endings crlf') || text.includes('\n# endings crlf') ? text.replaceAll('\n', '\r\n') : text); // prettier-ignore
}
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Question {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** What `ssh -G` says, in the words that we have for it. */
function askSsh(file: string, { host, user, port }: Question): Record<string, unknown> {
  const flags = [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)])];
  const lines = execFileSync('ssh', ['-G', '-F', file, ...flags, host], { stdio: ['ignore', 'pipe', 'pipe'] })
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
    userKnownHostsFiles: first('userknownhostsfile'),
    globalKnownHostsFiles: first('globalknownhostsfile'),
    strict: first('stricthostkeychecking'),
    hashKnownHosts: first('hashknownhosts') === 'yes',
    connectTimeoutMs: timeout === undefined || timeout === 'none' ? undefined : Number(timeout) * 1000,
    addressFamily: { inet: 4, inet6: 6, any: undefined }[first('addressfamily') ?? 'any'],
    proxy: none(first('proxyjump')) ?? none(first('proxycommand')),
  };
}

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', 'id_dsa'];
const STRICT: Readonly<Record<string, string>> = { yes: 'true', ask: 'ask', 'accept-new': 'accept-new' };

function askOurs(file: string, question: Question): Record<string, unknown> {
  const options = sshOptions(loadSshConfig({ home: '/nowhere', only: file }), { ...question, localUser: LOCAL });
  const { strictHostKeyChecking, proxy, identityFiles, ...same } = options;
  return {
    ...same,
    // ssh fills it in before it says it: see the tests of targets.
    controlPath: undefined,
    user: options.user ?? LOCAL,
    port: options.port ?? 22,
    identityFiles: identityFiles.length > 0 ? identityFiles : DEFAULT_KEYS.map((name) => `~/.ssh/${name}`),
    userKnownHostsFiles: (
      options.userKnownHostsFiles ?? [`${HOME}/.ssh/known_hosts`, `${HOME}/.ssh/known_hosts2`]
    ).join(' '),
    globalKnownHostsFiles: (
      options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
    ).join(' '),
    strict: STRICT[strictHostKeyChecking],
    // -G takes URIs apart.
    proxy: proxy?.option === 'ProxyJump' ? jumpFromText(proxy.value)?.map(hostToText).join(',') : proxy?.value,
  };
}

/** A case is a file that says in its first lines what is asked of it, `# ask HOST [user=..] [port=..]`. */
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.conf'))
  .flatMap((name) =>
    [
      ...readFileSync(join(folder, name), 'utf8').matchAll(
        /^# (ask|refused|unsupported) (\S+)(?: user=(\S+))?(?: port=(\d+))?\r?$/gm,
      ),
    ].map(([, verb = '', host = '', user, port]) => ({
      what: `${name.replace('.conf', '')}: ${user === undefined ? '' : `${user}@`}${host}`,
      file: join(folder, name),
      verb,
      question: {
        host,
        ...(user === undefined ? {} : { user }),
        ...(port === undefined ? {} : { port: Number(port) }),
      },
    })),
  );

function asked(verb: string): [what: string, asked: (typeof cases)[number]][] {
  return cases.filter((each) => each.verb === verb).map((each) => [each.what, each]);
}

test('every file of the corpus asks something', () => {
  expect(new Set(cases.map(({ file }) => file)).size).toBeGreaterThanOrEqual(60);
  expect(new Set(cases.map(({ file }) => file)).size).toBe(
    readdirSync(folder).filter((name) => name.endsWith('.conf')).length,
  );
});

describe('as ssh -G reads it', () => {
  test.each(asked('ask'))('%s', (_what, { file, question }) => {
    expect(askOurs(file, question)).toEqual(askSsh(file, question));
  });
});

describe('refused, as ssh refuses it, with the place', () => {
  test.each(asked('refused'))('%s', (_what, { file, question }) => {
    expect(() => askSsh(file, question)).toThrow();
    expect(() => askOurs(file, question)).toThrow(
      expect.objectContaining({ code: 'E_INVENTORY', where: { file, line: expect.any(Number) as number } }),
    );
  });
});

describe('refused where ssh goes on, with the place and a way out', () => {
  test.each(asked('unsupported'))('%s', (_what, { file, question }) => {
    expect(() => askOurs(file, question)).toThrow(
      expect.objectContaining({
        code: 'E_SSH_UNSUPPORTED',
        message: expect.stringContaining(`(${file}:`) as string,
        hint: expect.stringContaining('--transport openssh') as string,
      }),
    );
  });
});
