import { describe, expect, it } from 'vitest';
import { canBeDrawnOn, wantsColor, type ColorInput } from '../../src/report/colors.ts';

describe('wantsColor', () => {
  it.each<[string, ColorInput, boolean]>([
    ['a terminal', { env: {}, flag: true, tty: true }, true],
    ['a pipe', { env: {}, flag: true, tty: false }, false],
    ['a dumb terminal', { env: { TERM: 'dumb' }, flag: true, tty: true }, false],
    ['--no-color', { env: { FORCE_COLOR: '1' }, flag: false, tty: true }, false],
    ['NO_COLOR', { env: { NO_COLOR: '1', FORCE_COLOR: '1' }, flag: true, tty: true }, false],
    ['an empty NO_COLOR', { env: { NO_COLOR: '' }, flag: true, tty: true }, true],
    ['FORCE_COLOR', { env: { FORCE_COLOR: '1' }, flag: true, tty: false }, true],
    ['FORCE_COLOR=0', { env: { FORCE_COLOR: '0' }, flag: true, tty: true }, false],
  ])('%s', (_name, input, colour) => {
    expect(wantsColor(input)).toBe(colour);
  });
});

describe('canBeDrawnOn', () => {
  it.each<[string, Readonly<Record<string, string>>, boolean, boolean]>([
    ['a terminal', {}, true, true],
    ['a terminal without colour', { NO_COLOR: '1' }, true, true],
    ['a pipe', {}, false, false],
    ['a pipe with colour', { FORCE_COLOR: '1' }, false, false],
    ['a dumb terminal', { TERM: 'dumb' }, true, false],
    ["a CI's terminal", { CI: 'true' }, true, false],
  ])('%s', (_name, env, tty, drawn) => {
    expect(canBeDrawnOn({ env, tty })).toBe(drawn);
  });
});
