import { describe, expect, it } from 'vitest';
import { checkSysctl, checkSysctlAnywhere, isArmed } from '../../src/profile/sysctl-catalogue.ts';
import { parseSysctlEntries } from '../../src/profile/sysctl-entries.ts';
import { catalogue, errorOf } from './support.ts';

describe('ranges', () => {
  it.each([
    ['kernel.hung_task_panic', '1', '6.1.0-56-amd64', null],
    ['kernel.hung_task_panic', '3', '6.1.0-56-amd64', 'takes 0..1 on 6.1.0-56-amd64 (0..INT_MAX from 6.19)'],
    ['kernel.hung_task_panic', '3', '6.18.2', 'takes 0..1 on 6.18.2 (0..INT_MAX from 6.19)'],
    ['kernel.hung_task_panic', '3', '6.19.0-amd64', null],
    ['kernel.hung_task_panic', '3', '7.2.13-1', null],
    ['kernel.hung_task_panic', '-1', '7.2', 'takes 0..INT_MAX on 7.2'],
    ['kernel.hung_task_warnings', '-1', '4.19.0-arm64-desktop', null],
    ['kernel.hung_task_warnings', '-2', '5.10.0-30-amd64', 'takes -1..INT_MAX on 5.10.0-30-amd64'],
    ['kernel.panic_print', '18446744073709551615', '6.1', null],
    ['kernel.ftrace_dump_on_oops', 'instance', '6.12.107+deb13-amd64', null],
    ['kernel.ftrace_dump_on_oops', 'instance', '6.1.0', 'takes 0..2 on 6.1.0 (text from 6.12)'],
  ])('%s = %s on %s', (key, value, release, expected) => {
    const entry = catalogue.get(key);
    expect(entry && checkSysctl(entry, value, release)).toBe(expected);
  });

  it('a profile may say what some kernel takes', () => {
    const entry = catalogue.get('kernel.hung_task_panic');
    expect(entry && checkSysctlAnywhere(entry, '3')).toBeNull();
    expect(entry && checkSysctlAnywhere(entry, '1.0')).toBe('takes 0..1 (0..INT_MAX from 6.19)');
  });

  it('zero never arms, and what is not known is held back when it talks of panic', () => {
    expect(isArmed(catalogue.get('kernel.panic_on_oops'), 'kernel.panic_on_oops', '1')).toBe(true);
    expect(isArmed(catalogue.get('kernel.panic_on_oops'), 'kernel.panic_on_oops', '0')).toBe(false);
    expect(isArmed(catalogue.get('kernel.panic'), 'kernel.panic', '10')).toBe(false);
    expect(isArmed(undefined, 'kernel.panic_on_monday', '1')).toBe(true);
    expect(isArmed(undefined, 'vm.swappiness', '1')).toBe(false);
  });
});

describe('a file of the catalogue', () => {
  it.each([
    ['kernel.x: {}', 1, 11, /effect is missing/],
    ['kernel.x: { effect: a, type: int, maxx: 1 }', 1, 35, /did you mean max\?/],
    ['kernel.x: { effect: a, type: integer }', 1, 30, /did you mean int\?/],
    ['kernel.x: { effect: a, type: int, since: 6.19 }', 1, 42, /in quotes/],
    ['Kernel X: { effect: a, type: int }', 1, 1, /Kernel X/],
    ['kernel.x: { effect: a, type: int }\nkernel.x: { effect: a, type: int }', 2, 1, /here twice/],
  ])('%j is refused', (text, line, col, says) => {
    const error = errorOf(() => parseSysctlEntries(text, 'x.yaml'));
    expect(error).toMatchObject({ code: 'E_CATALOGUE', where: { file: 'x.yaml', line, col } });
    expect(error.message).toMatch(says);
  });
});
