import { describe, expect, it } from 'vitest';
import { composeProfile } from '../../src/profile/compose.ts';
import { resolveProfile } from '../../src/profile/resolve.ts';
import { catalogue, composed, errorOf, libraryOf, profile, sysctls } from './support.ts';

describe('extends', () => {
  it('merges mappings, replaces lists, and the later base wins', () => {
    const first = profile('kdump: { crashkernel: 256M, keep: 3 }\npanic: { on: [oops, warn] }', 'first');
    const second = profile('kdump: { keep: 9 }\npanic: { on: [oom] }', 'second');
    const state = resolveProfile(composed('extends: [first, second]\npanic: { reboot_after: 5s }', first, second), {
      catalogue,
    });
    expect(state.kdump).toEqual({ crashkernel: '256M', keep: 9 });
    expect(sysctls(state)).toEqual({ 'kernel.panic': '5', 'vm.panic_on_oom': '1!' });
    expect(state.origins['kdump.keep']).toMatchObject({ file: 'second.yaml', line: 3, col: 16 });
    expect(state.origins['kdump.crashkernel']).toMatchObject({ file: 'first.yaml' });
  });

  it('goes depth first and takes each base once', () => {
    const base = profile('kdump: { keep: 1 }', 'base');
    const left = profile('extends: base\nkdump: { keep: 2 }', 'left');
    const right = profile('extends: base', 'right');
    const both = composed('extends: [left, right]', base, left, right);
    expect(both.chain.map(({ name }) => name)).toEqual(['base', 'left', 'right', 'mine']);
    expect(resolveProfile(both, { catalogue }).kdump?.keep).toBe(2);
  });

  it('keeps the name and the description of the profile itself', () => {
    const base = profile('description: base\nkdump: {}', 'base');
    expect(resolveProfile(composed('extends: base', base), { catalogue })).toMatchObject({
      profile: 'mine',
      description: '',
    });
  });

  it('false takes a section of a base out, and naming one of its keys brings it back', () => {
    const base = profile('kdump: { keep: 3 }\ntrace: { headers: true }', 'base');
    expect(resolveProfile(composed('extends: base\nkdump: false', base), { catalogue }).kdump).toBeNull();
    const again = composeProfile(
      profile('extends: off\nkdump: { keep: 4 }'),
      libraryOf(profile('extends: base\nkdump: false', 'off'), base),
    );
    expect(resolveProfile(again, { catalogue }).kdump).toEqual({ crashkernel: 'auto', keep: 4 });
  });

  it('an empty mapping changes nothing in a base', () => {
    const base = profile('kdump: { keep: 3 }', 'base');
    expect(resolveProfile(composed('extends: base\nkdump: {}', base), { catalogue }).kdump?.keep).toBe(3);
  });

  it.each([
    ['kernel.panic', 'kernel/panic'],
    ['kernel/panic', 'kernel.panic'],
  ])('%s and %s are one key', (under, over) => {
    const base = profile(`sysctl: { ${under}: 1 }`, 'base');
    expect(sysctls(resolveProfile(composed(`extends: base\nsysctl: { ${over}: 2 }`, base), { catalogue }))).toEqual({
      'kernel.panic': '2',
    });
  });

  it('a missing base is an error at its name', () => {
    const error = errorOf(() => composed('extends: [kdump, hung-tsk]', profile('', 'kdump'), profile('', 'hung-task')));
    expect(error).toMatchObject({
      code: 'E_PROFILE',
      message: 'there is no profile "hung-tsk"; did you mean hung-task?',
      where: { file: 'mine.yaml', line: 3, col: 18 },
    });
  });

  it('a circle is an error where it closes', () => {
    const a = profile('extends: b', 'a');
    const b = profile('extends: a', 'b');
    const error = errorOf(() => composed('extends: a', a, b));
    expect(error.message).toBe('extends goes round in a circle: mine -> a -> b -> a');
    expect(error.where).toMatchObject({ file: 'b.yaml', line: 3, col: 10 });
  });

  it('a profile cannot extend itself', () => {
    const itself = profile('extends: mine');
    expect(errorOf(() => composeProfile(itself, libraryOf(itself))).message).toContain('mine -> mine');
  });
});
