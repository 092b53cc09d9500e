import { describe, expect, it } from 'vitest';
import { ProvisionErrors } from '../../src/errors.ts';
import { parseProfile } from '../../src/profile/parse.ts';
import { malformedProfiles } from './malformed.ts';

const cases = malformedProfiles();

function errorsOf(text: string): ProvisionErrors['errors'] {
  try {
    parseProfile(text, 'mine.yaml');
  } catch (error) {
    if (error instanceof ProvisionErrors) return error.errors;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('malformed profiles', () => {
  it('there are enough of them', () => {
    expect(cases.length).toBeGreaterThan(200);
  });

  it.each(cases)('$title', ({ text, line, col, says }) => {
    const errors = errorsOf(text);
    for (const error of errors) {
      expect(error.code).toBe('E_PROFILE');
      expect(error.message.split('\n').length).toBeLessThan(3);
      expect(error.message.length).toBeLessThan(240);
      expect(error.where).toMatchObject({
        file: 'mine.yaml',
        line: expect.any(Number) as number,
        col: expect.any(Number) as number,
      });
    }
    const found = errors.map(({ where, message }) => ({
      place: where && 'file' in where ? `${where.line}:${where.col}` : '',
      message,
    }));
    expect(
      found
        .filter(({ place }) => place.startsWith(col === 0 ? `${line}:` : `${line}:${col}`))
        .map(({ message }) => message)
        .join('\n'),
      JSON.stringify(found),
    ).toMatch(says);
  });

  it('finds everything in one reading, in the order of the file', () => {
    const text = 'apiVersion: provision/v1\nname: mine\nhung_task: { timeout: 60, panic: yes }\nkdmp: {}\nsysrq: al\n';
    const places = errorsOf(text).map(({ where }) => (where && 'file' in where ? where.line : 0));
    expect(places).toEqual([3, 3, 4, 5]);
  });

  it('shows the line and a caret', () => {
    const [error] = errorsOf('apiVersion: provision/v1\nname: mine\nhung_task: { timeout: 60 }\n');
    expect(error?.where).toMatchObject({
      excerpt: 'hung_task: { timeout: 60 }\n                      ^^',
    });
  });

  it('prints nothing that could drive a terminal', () => {
    const [error] = errorsOf('apiVersion: provision/v1\nname: mine\ndescription: [\u001b]0;x\u0007]\n');
    expect(JSON.stringify(error?.where)).not.toMatch(/\\u001b/);
  });
});
