import { readFileSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import { buildProgram } from '../../src/cli/program.ts';

async function said(...argv: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const keep = (part: string | Uint8Array): boolean => {
    text += String(part);
    return true;
  };
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
  for (const spy of spies) spy.mockImplementation(keep);
  try {
    return { code: await buildProgram(new AbortController().signal).run(argv), text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('the command line', () => {
  it('names the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await said('--version')).toEqual({ code: 0, text: `${version}\n` });
  });

  it.each([
    'rollout',
    'inventory',
    'apply',
    'plan',
    'verify',
    'facts',
    'arm',
    'disarm',
    'rollback',
    'dumps',
    'profiles',
    'init',
  ])('%s has a help of its own', async (command) => {
    const { code, text } = await said(command, '--help');
    expect(code).toBe(0);
    expect(text).toMatch(new RegExp(`^Usage: provision ${command}`));
  });

  it.each([
    [['aply'], 'apply'],
    [['apply', 'x', '--frks', '3'], '--forks'],
    [['verify'], 'profile'],
    [['dumps'], 'list'],
  ])('%j is a usage error that helps', async (argv, hint) => {
    const { code, text } = await said(...argv);
    expect(code).toBe(2);
    expect(text).toContain(hint);
  });
});
