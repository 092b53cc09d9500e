import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { profileJsonSchema, profileJsonSchemaText } from '../../src/profile/json-schema.ts';
import { profilePaths, profileSections } from '../../src/profile/paths.ts';
import { shippedNames, shippedText } from '../../src/shipped/files.ts';

const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(profileJsonSchema());
const HEAD = { apiVersion: 'provision/v1', name: 'mine' };

describe('profiles/profile.schema.json', () => {
  it('is what scripts/schema.mjs makes of the schema', () => {
    expect(shippedText('profiles/profile.schema.json')).toBe(profileJsonSchemaText());
  });

  it.each(shippedNames('profiles', '.yaml'))('accepts %s', (name) => {
    expect(accepts(parse(shippedText(`profiles/${name}`))), JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each([
    [{}],
    [{ ...HEAD, apiVersion: 'provision/v2' }],
    [{ ...HEAD, name: 'Mine' }],
    [{ ...HEAD, kdmp: {} }],
    [{ ...HEAD, kdump: true }],
    [{ ...HEAD, kdump: { keep: -1 } }],
    [{ ...HEAD, kdump: { keep: '5' } }],
    [{ ...HEAD, hung_task: { timeout: 60 } }],
    [{ ...HEAD, hung_task: { timeout: '0s' } }],
    [{ ...HEAD, hung_task: { panic: 'yes' } }],
    [{ ...HEAD, hung_task: { warnings: -1 } }],
    [{ ...HEAD, panic: { on: ['opps'] } }],
    [{ ...HEAD, panic: { reboot_after: 'nevr' } }],
    [{ ...HEAD, sysrq: 'some' }],
    [{ ...HEAD, crash: { symbols: 'gest' } }],
    [{ ...HEAD, arm: { breaker: { crashes: 0 } } }],
    [{ ...HEAD, sysctl: { 'kernel.panic': null } }],
  ])('refuses %j', (value) => {
    expect(accepts(value)).toBe(false);
  });

  it.each([
    [{ ...HEAD, kdump: false }],
    [{ ...HEAD, hung_task: { timeout: '1h30m', warnings: 'unlimited' } }],
    [{ ...HEAD, panic: { reboot_after: 'never' } }],
    [{ ...HEAD, sysrq: ['sync', 'remount-ro'] }],
    [{ ...HEAD, sysctl: { 'kernel.panic': 1, 'kernel.x': [1, 'a', true] } }],
  ])('takes %j', (value) => {
    expect(accepts(value), JSON.stringify(accepts.errors)).toBe(true);
  });
});

describe('profile paths', () => {
  it('every one says what it is for', () => {
    for (const { path, description } of profilePaths()) expect(description, path).toMatch(/^\S.{9,}/);
  });

  it('are those of the design', () => {
    expect(profileSections()).toEqual([
      'match',
      'kdump',
      'crash',
      'sysrq',
      'hung_task',
      'panic',
      'arm',
      'trace',
      'sysctl',
    ]);
    expect(profilePaths().map(({ path }) => path)).toContain('arm.breaker.within');
  });
});
