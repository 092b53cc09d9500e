import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { isOver, processWord } from '../../src/journal/process.ts';

describe('a process in one word', () => {
  it('is over once it has ended, and not before', async () => {
    const child = spawn('sleep', ['60']);
    const word = processWord(child.pid);
    expect(word).toMatch(/^[0-9a-f-]{36}\.\d+\.\d+\.\d+$/);
    expect(isOver(word)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isOver(word)).toBe(true);
    expect(processWord(child.pid)).toBe('-');
  });

  it('is over when its number has gone to another process', () => {
    expect(isOver(processWord().replace(/\d+$/, '1'))).toBe(true);
  });

  it.each([
    ['of another machine or boot', processWord(999_999_999).replace('-', '0c3e5d44-1111-4222-8333-444455556666.1.2.3')],
    ['of another container', processWord().replace(/\.\d+(?=\.\d+\.\d+$)/, '.1')],
    ['that cannot be told', '-'],
    ['that is no word of ours', ''],
  ])('one %s is not known to be over', (_what, word) => {
    expect(isOver(word)).toBe(false);
  });
});
