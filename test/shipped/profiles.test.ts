import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveProfile } from '../../src/profile/resolve.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { loadInventories } from '../../src/shipped/inventory.ts';
import { loadProfile, profileNames, shippedProfiles } from '../../src/shipped/profiles.ts';
import { errorOf } from '../profile/support.ts';

let home = '';
const knowledge = loadKnowledge();
const at = (path: string): string => join(home, path);
const write = (path: string, text: string | Uint8Array): void => writeFileSync(at(path), text);
const HEAD = 'apiVersion: provision/v1\nname: ';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'provision-profiles-'));
  mkdirSync(at('sub'));
  write('mine.yaml', `${HEAD}mine\nextends: [kdump, sub/base.yaml, beside]\n`);
  write('beside.yaml', `${HEAD}beside\nsysrq: none\n`);
  write('sub/base.yaml', `${HEAD}base\nextends: below\n`);
  write('sub/below.yaml', `${HEAD}below\ntrace: { headers: true }\n`);
  write('kdump.yaml', `${HEAD}kdump\nextends: kdump\nkdump: { keep: 1 }\n`);
  write('circle.yaml', `${HEAD}circle\nextends: ./circle.yaml\n`);
  write('gone.yaml', `${HEAD}gone\nextends: ./no-such.yaml\n`);
  write('latin1.yaml', Uint8Array.of(0x6e, 0x61, 0xe9));
});

afterAll(() => rmSync(home, { recursive: true }));

describe('shipped profiles', () => {
  it.each(profileNames())('%s is called like its file, says what it is, and resolves', (name) => {
    const profile = loadProfile(name);
    expect(profile.source.name).toBe(name);
    expect(profile.source.description).toMatch(/\S/);
    expect(resolveProfile(profile, { catalogue: knowledge.sysctls }).profile).toBe(name);
  });

  it('are those of the design', () => {
    expect(shippedProfiles().map(({ name }) => name)).toEqual([
      'crash-tools',
      'debug-panic',
      'hung-task',
      'kdump',
      'offcpu-trace',
      'panic',
      'sysrq',
      'trace-stalls',
    ]);
  });

  it('come with the templates of what lands on a guest', () => {
    expect(Object.keys(knowledge.templates)).toContain('probe.sh');
    expect(knowledge.distributions.length).toBeGreaterThan(5);
  });
});

describe('profiles of a person', () => {
  it('extend shipped ones, paths, and what stands beside them', () => {
    const profile = loadProfile(at('mine.yaml'));
    expect(profile.chain.map(({ name }) => name)).toEqual(['kdump', 'kdump', 'below', 'base', 'beside', 'mine']);
    // The kdump.yaml beside it is meant, which in turn extends the shipped one.
    expect(resolveProfile(profile, { catalogue: knowledge.sysctls }).kdump?.keep).toBe(1);
  });

  it('may extend the shipped one of their own name', () => {
    expect(loadProfile(at('kdump.yaml')).chain.map(({ file }) => file)).toEqual([
      'provision/profiles/kdump.yaml',
      at('kdump.yaml'),
    ]);
  });

  it.each([
    ['debug-panik', /no profile "debug-panik"; did you mean debug-panic\?/],
    ['./no-such.yaml', /cannot read the profile no-such.yaml: there is no such file/],
    ['/', /it is a directory/],
    ['', /no profile ""/],
  ])('%j is refused', (name, says) => {
    const error = errorOf(() => loadProfile(name));
    expect(error.code).toBe('E_PROFILE');
    expect(error.message).toMatch(says);
  });

  it.each([
    ['circle.yaml', /circle -> circle/],
    ['gone.yaml', /no such file/],
    ['latin1.yaml', /not UTF-8/],
    ['sub', /it is a directory/],
  ])('%s is refused', (name, says) => {
    expect(errorOf(() => loadProfile(at(name))).message).toMatch(says);
  });
});

describe('inventories', () => {
  it('that cannot be read are an error with their name', () => {
    expect(errorOf(() => loadInventories([at('none.yaml')]))).toMatchObject({
      code: 'E_INVENTORY',
      where: { file: at('none.yaml') },
    });
    expect(errorOf(() => loadInventories([at('latin1.yaml')]))).toMatchObject({
      code: 'E_INVENTORY',
      where: { line: 1, col: 1 },
    });
  });
});
