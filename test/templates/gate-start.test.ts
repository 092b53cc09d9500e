import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { convergeLibrary } from '../../src/plan/script.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gate-start-'));
  writeFileSync(join(root, 'arm'), 'boot-id armed panic settings are live\n');
});
afterEach(() => rmSync(root, { recursive: true }));

/** What systemd is asked for, each time with what the gate's status says at that moment. */
function asked(call: string): string[] {
  const systemctl = `systemctl() { { cat '${root}/arm' 2>/dev/null || echo nothing; } | cut -d' ' -f2 | xargs echo "$*:" >>'${root}/asked'; }`;
  const script = `${convergeLibrary(loadKnowledge().templates)}\nRUN_DIRECTORY='${root}'\n${systemctl}\n${call}\n`;
  execFileSync('dash', ['-c', script]);
  return readFileSync(join(root, 'asked'), 'utf8').trim().split('\n');
}

describe('a gate', () => {
  it.each(['start', 'restart'])('%sed again does not answer with what the one before it decided', (action) => {
    expect(asked(`unit ${action} provision-arm.service`)).toEqual([
      'reset-failed provision-arm.service: armed',
      'stop provision-arm.service: armed',
      '--no-block start provision-arm.service: nothing',
    ]);
  });

  it('that is stopped has decided nothing', () => {
    asked('unit stop provision-arm.service');
    expect(existsSync(join(root, 'arm'))).toBe(false);
  });

  it('has nothing to do with other units', () => {
    expect(asked('unit restart kdump-tools.service')).toEqual([
      'reset-failed kdump-tools.service: armed',
      'restart kdump-tools.service: armed',
    ]);
    expect(existsSync(join(root, 'arm'))).toBe(true);
  });
});
