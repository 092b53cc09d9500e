import { describe, expect, it } from 'vitest';
import { ProvisionError, ProvisionErrors } from '../../src/errors.ts';
import { formatError } from '../../src/report/error-text.ts';

const plain = (error: unknown): string => formatError(error, { color: false });

describe('formatError', () => {
  it('shows the place, the line, a caret and what to do', () => {
    const error = new ProvisionError('E_PROFILE', 'unknown key hung_tsk', {
      hint: 'did you mean hung_task?',
      where: { file: 'mine.yaml', line: 7, col: 3, excerpt: '  hung_tsk: { panic: true }' },
    });
    expect(plain(error)).toBe(
      [
        'mine.yaml:7:3: error: unknown key hung_tsk',
        '    hung_tsk: { panic: true }',
        '    ^',
        'hint: did you mean hung_task?',
        '',
      ].join('\n'),
    );
  });

  it('keeps the caret under its character in long lines and after control characters', () => {
    const excerpt = `${'x'.repeat(300)}\u0007here`;
    const error = new ProvisionError('E_PROFILE', 'bad', { where: { file: 'f', line: 1, col: 302, excerpt } });
    const [, source = '', caret = ''] = plain(error).split('\n');
    expect(source.length).toBeLessThan(120);
    expect(source.slice(caret.indexOf('^'), caret.indexOf('^') + 4)).toBe('here');
  });

  it('takes an excerpt that brings its own caret', () => {
    const where = { file: 'f', line: 1, col: 3, excerpt: 'a: b\n   ^' };
    expect(plain(new ProvisionError('E_PROFILE', 'bad', { where }))).toBe('f:1:3: error: bad\n  a: b\n     ^\n');
  });

  it('names the guest and the step', () => {
    const error = new ProvisionError('E_PACKAGES', 'apt-get exited with 100\nE: no space', {
      hint: 'free some space',
      where: { guest: 'vm1', step: 'package:install' },
    });
    expect(plain(error)).toBe(
      'vm1: error: apt-get exited with 100; E: no space (step package:install)\nhint: free some space\n',
    );
  });

  it('shows several errors in turn, and counts the rest', () => {
    const one = (n: number): ProvisionError => new ProvisionError('E_PROFILE', `wrong ${n}`);
    const errors = new ProvisionErrors([one(1), ...Array.from({ length: 12 }, (_, i) => one(i + 2))]);
    const lines = plain(errors).trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[9]).toBe('error: wrong 10');
    expect(lines[10]).toBe('and 3 more');
  });

  it('calls anything else a bug and shows its stack', () => {
    const text = plain(new TypeError('x is undefined', { cause: new Error('deeper') }));
    expect(text).toMatch(/^bug: TypeError: x is undefined\n\s+at /);
    expect(text).toContain('caused by: Error: deeper');
    expect(plain('just a string')).toMatch(/^bug: thrown: just a string\n/);
  });

  it('is coloured only when asked, and never lets an escape through', () => {
    const error = new ProvisionError('E_USAGE', 'bad \u001b[2Jscreen');
    expect(plain(error)).toBe('error: bad \\e[2Jscreen\n');
    expect(formatError(error, { color: true })).toContain('\u001b[31m');
  });
});
