import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { exportCloudInit } from '../../src/export/cloud-init.ts';
import { exportPlaybook } from '../../src/export/playbook.ts';
import { exportScript } from '../../src/export/script.ts';
import { stateFor, texts } from './support.ts';

const fixed = stateFor('debian13/arm64', { sets: ['kdump.crashkernel=512M,high'], skip: ['trace'] });
const EXPORTS: Readonly<Record<string, string>> = {
  'debian-12.sh': exportScript(stateFor('debian12/amd64'), texts),
  'debian-13-arm64.sh': exportScript(fixed, texts),
  'ubuntu-20.04-sysrq.sh': exportScript(stateFor('ubuntu20.04', { profile: 'sysrq' }), texts),
  'uos-20.yaml': exportPlaybook(stateFor('uos20', { sets: ['trace.tools=[libbpf-tools]'] }), texts),
  'debian-13-arm64.yaml': exportPlaybook(fixed, texts),
  'ubuntu-20.04-sysrq.user-data': exportCloudInit(stateFor('ubuntu20.04', { profile: 'sysrq' }), texts),
};
const scripts = Object.entries(EXPORTS).filter(([name]) => name.endsWith('.sh'));

describe('an export', () => {
  it.each(Object.entries(EXPORTS))('%s', async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../golden/export/${name}`);
  });

  it('says at its top what it cannot carry', () => {
    for (const text of Object.values(EXPORTS)) {
      const header = /^#(?!!).*(?:\n#.*)*/m.exec(text)?.[0] ?? '';
      for (const lost of ['Live gates', 'Rollback', 'Preflight', 'Drift']) expect(header).toContain(lost);
    }
  });

  it('names what is left out, and why', () => {
    expect(EXPORTS['uos-20.yaml']).toMatch(/^# Left out of debug-panic on UOS 20:\n# - /m);
  });
});

describe('an exported script', () => {
  it.each(scripts)('%s is POSIX shell that shellcheck has nothing against', (_name: string, text: string) => {
    execFileSync('dash', ['-n'], { input: text });
    execFileSync('shellcheck', ['--shell=sh', '--severity=warning', '-'], { input: text, encoding: 'utf8' });
  });

  it('does nothing when it was cut off on its way', () => {
    const [, text] = scripts[0]!;
    // Any line but the last: a function that does not end is a syntax error, and one that is not called does nothing.
    const half = text.slice(0, text.lastIndexOf('main "$@"'));
    expect(execFileSync('dash', [], { input: half, encoding: 'utf8' })).toBe('');
  });
});
