import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';

import { ENGINE_FLAGS } from '../../src/cli/command-flags.ts';
import { engineAddressFrom, requiredEngineFrom, shownArgv } from '../../src/cli/engine-flags.ts';
import { beginJournal } from '../../src/cli/journal.ts';
import { nextCommand } from '../../src/cli/next-command.ts';
import type { Flags } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-flags-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** What a command has of its line, by the flags as they are declared. */
function parsed(...argv: string[]): Flags {
  const command = new Command().exitOverride();
  for (const [flags, description] of ENGINE_FLAGS) command.option(flags, description);
  return command.parse(argv, { from: 'user' }).opts();
}
function passwordFile(text: string, mode = 0o600): string {
  const file = join(mkdtempSync(join(folder, 'file-')), 'password');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('the engine', () => {
  it('is none where none is named, whatever the variable says', () => {
    vi.stubEnv('PROVISION_ENGINE', 'redis://queue');
    expect(engineAddressFrom(parsed())).toBeUndefined();
  });

  it('of a command that needs one is that of the variable, unless a flag names another', () => {
    expect(() => requiredEngineFrom(parsed())).toThrow(/no engine is named/);
    vi.stubEnv('PROVISION_ENGINE', '');
    expect(() => requiredEngineFrom(parsed())).toThrow(/no engine is named/);
    vi.stubEnv('PROVISION_ENGINE', 'redis://queue');
    expect(requiredEngineFrom(parsed())).toMatchObject({ host: 'queue' });
    expect(requiredEngineFrom(parsed('--engine', 'redis://other'))).toMatchObject({ host: 'other' });
  });

  it.each([
    ['its file', ['--engine', 'redis://queue'], true, 'of the variable', 'of the file'],
    ['its address', ['--engine', 'redis://:of-the-url@queue'], false, 'of the variable', 'of-the-url'],
    ['the variable', ['--engine', 'redis://app@queue'], false, 'of the variable', 'of the variable'],
    ['nowhere', ['--engine', 'redis://queue'], false, '', undefined],
  ])('has its password from %s', (_name, argv, withFile, variable, expected) => {
    vi.stubEnv('PROVISION_ENGINE_PASSWORD', variable);
    const more = withFile ? ['--engine-password-file', passwordFile('of the file\nand no more\n')] : [];
    expect(engineAddressFrom(parsed(...argv, ...more))?.password?.reveal()).toBe(expected);
  });

  it('may have its password from a pipe', () => {
    const script = `
      import { engineAddressFrom } from ${JSON.stringify(join(import.meta.dirname, '../../src/cli/engine-flags.ts'))};
      const flags = { engine: 'redis://queue', enginePasswordFile: '/dev/stdin' };
      process.stdout.write(engineAddressFrom(flags).password.reveal());`;
    const argv = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
    const piped = ['-c', 'echo of the pipe | exec "$@"', 'sh', ...argv];
    expect(execFileSync('sh', piped, { encoding: 'utf8' })).toBe('of the pipe');
  });

  it.each([
    ['a file that others may read', () => passwordFile('secret', 0o640), /others may read .* no place for a password/],
    ['a file with nothing in it', () => passwordFile('\nsecret\n'), /no password in the first line/],
    [
      'a file that is not there',
      () => join(folder, 'nowhere'),
      /cannot read the password file .*: there is no such file/,
    ],
    ['a folder', () => folder, /cannot read the password file .*: it is a directory/],
  ])('does not take %s', (_name, file, message) => {
    const flags = parsed('--engine', 'redis://queue', '--engine-password-file', file());
    expect(() => engineAddressFrom(flags)).toThrow(message);
  });

  it('does not take two passwords, nor one of no engine', () => {
    const file = passwordFile('secret');
    const twice = parsed('--engine', 'redis://:secret@queue', '--engine-password-file', file);
    expect(() => engineAddressFrom(twice)).toThrow(/each have a password/);
    expect(() => engineAddressFrom(parsed('--engine-password-file', file))).toThrow(/of an engine, and none is named/);
  });
});

describe('the password of an engine is not shown', () => {
  it.each([
    [
      ['apply', '--engine', 'redis://app:secret@queue', 'vm1'],
      ['apply', '--engine', 'redis://app@queue:6379', 'vm1'],
    ],
    [['--engine=rediss://:secret@queue/2'], ['--engine=rediss://queue:6379/2']],
    [
      ['--engine', 'secret@queue'],
      ['--engine', '[redacted]'],
    ],
    [['--engine=secret'], ['--engine=[redacted]']],
    [
      ['apply', 'redis://x:y@z'],
      ['apply', 'redis://x:y@z'],
    ],
    [['--engine'], ['--engine']],
  ])('of %j', (argv, shown) => expect(shownArgv(argv)).toEqual(shown));

  it('by a journal, whose run can be asked for again', () => {
    const before = process.argv;
    const url = 'redis://app:s3cret@queue:7000/1';
    process.argv = ['node', 'provision', 'apply', '--engine', url];
    const runs = join(folder, 'runs');
    try {
      const flags = { engine: url, enginePasswordFile: 'pw', runsDir: runs, set: ['a=1'] };
      const { signal } = new AbortController();
      beginJournal({ command: 'apply', guests: [] }, {}, { args: [], flags, stopping: signal, leaving: signal });
    } finally {
      process.argv = before;
    }
    const files = readdirSync(runs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
    expect(texts).toContain('"engine":"redis://app@queue:7000/1"');
    expect(texts).toContain('"enginePasswordFile":"pw"');
    expect(texts).not.toContain('s3cret');
  });

  it('by the command that is suggested next', () => {
    const { signal } = new AbortController();
    const flags = parsed('--engine', 'redis://app:secret@queue', '--engine-password-file', 'a file');
    expect(nextCommand('apply', { args: ['sysrq'], flags, stopping: signal })).toBe(
      "provision apply sysrq --engine redis://app@queue:6379 --engine-password-file 'a file'",
    );
  });
});
