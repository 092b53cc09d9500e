import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { checkMachine, type Machine } from '../../../src/cli/self-check/machine.ts';
import { checkPrograms, isBelow } from '../../../src/cli/self-check/tools.ts';
import { formatSelfCheck } from '../../../src/report/self-check-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'self-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'full/.ssh'), { recursive: true });
writeFileSync(join(folder, 'full/.ssh/known_hosts'), '# mine\nvm1 ssh-ed25519 AAAA\nvm2 ssh-ed25519 AAAA\n');
writeFileSync(join(folder, 'full/.ssh/id_ed25519'), '');

const bare: Machine = { home: join(folder, 'bare'), dumps: join(folder, 'a/b/c'), node: '20.19.0', env: {} };
const byName = (machine: Machine): Record<string, string> =>
  Object.fromEntries(checkMachine(machine).map(({ name, level, found }) => [name, `${level}: ${found}`]));

describe('the machine', () => {
  it('of somebody who has just begun', () => {
    const found = byName(bare);
    expect(found['node']).toBe('ok: 20.19.0');
    expect(found['known_hosts']).toBe(`warn: no ${folder}/bare/.ssh/known_hosts`);
    expect(found['ssh keys']).toBe('warn: no agent, and no key in ~/.ssh');
    expect(found['disk for dumps']).toMatch(/GiB free for .*\/a\/b\/c$/);
    expect(found['catalogue']).toMatch(/^ok: \d+ systems, \d+ settings$/);
  });

  it('of somebody who has keys', () => {
    const found = byName({ ...bare, home: join(folder, 'full'), env: { SSH_AUTH_SOCK: '/run/agent' } });
    expect(found['known_hosts']).toBe(`ok: 2 entries in ${folder}/full/.ssh/known_hosts`);
    expect(found['ssh keys']).toBe('ok: an agent, ~/.ssh/id_ed25519');
  });

  it('with a node that is too old cannot do the work', () => {
    const [node] = checkMachine({ ...bare, node: '18.20.4' });
    expect(node).toMatchObject({ level: 'fail', found: '18.20.4, older than 20.19' });
    expect(node?.mend).toContain('20.19');
  });

  it('is said on a page: a line each, and how to mend what is not well', () => {
    const rows = [
      { name: 'node', level: 'ok', found: '20.20.2' },
      { name: 'crash', level: 'warn', found: 'not installed', needed: 'to read', mend: 'apt-get install crash' },
    ] as const;
    expect(formatSelfCheck(rows, false)).toBe(
      'ok    node   20.20.2\nwarn  crash  not installed  (to read)\n             apt-get install crash\n',
    );
  });
});

describe('programs', () => {
  it.each([
    ['20.18.3', '20.19', true],
    ['20.19', '20.19', false],
    ['22.1.0', '20.19', false],
    ['6.0.16', '6.2', true],
    ['7.0.15', '6.2', false],
  ])('%s is below %s: %s', (version, least, expected) => {
    expect(isBelow(version, least)).toBe(expected);
  });

  it('that are not on the PATH are named with their package', async () => {
    const before = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      for (const { level, found, mend } of await checkPrograms()) {
        expect([level, found]).toEqual(['warn', 'not installed']);
        expect(mend).toMatch(/^apt-get install /);
      }
    } finally {
      process.env['PATH'] = before;
    }
  });

  it('that are there say their version', async () => {
    const ssh = (await checkPrograms()).find(({ name }) => name === 'ssh client');
    const said = execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8' });
    expect(ssh?.level).toBe('ok');
    expect(said).toContain(ssh?.found);
  });
});
