import { describe, expect, it } from 'vitest';
import { profileNotes } from '../../src/profile/notes.ts';
import { resolveProfile } from '../../src/profile/resolve.ts';
import { loadProfile } from '../../src/shipped/profiles.ts';
import { catalogue, resolved } from './support.ts';

const notes = (body: string): string[] => profileNotes(resolved(body), catalogue).map(({ text }) => text);

describe('notes', () => {
  it.each([
    [
      'sysctl: { kernel.oops_limt: 5 }',
      /^kernel\.oops_limt is not in the catalogue.*; did you mean kernel\.oops_limit\?$/,
    ],
    [
      'sysctl: { net.core.somaxconn: 5 }',
      /^net\.core\.somaxconn is not in the catalogue, so its value is not checked$/,
    ],
    ['sysctl: { kernel.panic_on_monday: 1 }', /waits for the arm gate/],
    ['panic: { on: [warn] }\nkdump: {}', /^kernel\.panic_on_warn: any driver WARN/],
  ])('%s', (body, says) => {
    expect(notes(body)[0]).toMatch(says);
  });

  it('settings that nothing will arm', () => {
    expect(notes('hung_task: { panic: true }').at(-1)).toContain('does not set kdump up');
    expect(notes('hung_task: { panic: true }\narm: { when: always }')).toHaveLength(1);
    expect(notes('hung_task: { timeout: 60s }')).toEqual([]);
  });

  it('debug-panic says what is dangerous about it, and nothing is unknown', () => {
    const state = resolveProfile(loadProfile('debug-panic'), { catalogue });
    expect(profileNotes(state, catalogue).map(({ path }) => path)).toEqual([
      'hung_task.panic',
      'panic.on',
      'panic.on',
      'panic.on',
      'panic.on',
    ]);
  });
});
