import { describe, expect, it } from 'vitest';

import { calledFunctions } from '../../src/export/shell-functions.ts';

const LIBRARY = `# Of the library.
set -u

# first: says it.
first() { echo first; }

second() {
  third "$1" || return 1
}

# third is called by second only.
third() {
  # not fourth
  echo third
}

fourth() { echo fourth; }
own() { echo theirs; }
`;

describe('functions that a script takes along', () => {
  it.each([
    ['', []],
    ['first', ['first']],
    ['x=$(first)', ['first']],
    ['case $x in y) second a ;; esac', ['second', 'third']],
    ['# first\n', []],
    ['own() { echo mine; }\nown\nfourth', ['fourth']],
  ])('%j', (script, expected) => {
    const names = calledFunctions(script, LIBRARY).match(/^[a-z]+(?=\(\))/gm) ?? [];
    expect(names).toEqual(expected);
  });

  it('come as they stand, with the comment above them', () => {
    expect(calledFunctions('first', LIBRARY)).toBe('# first: says it.\nfirst() { echo first; }\n');
  });
});
