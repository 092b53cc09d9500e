import { describe, expect, it } from 'vitest';

import { kernelName, stacksScript } from '../../../src/investigate/stacks/script.ts';

describe('the name of a process', () => {
  it.each([
    ['Xorg', 'Xorg'],
    ['gnome-session-binary', 'gnome-session-b'],
    ['kworker/u8:2-events_unbound', 'kworker/u8:2-events_unbound'],
    ['', ''],
  ])('%j is %j to the kernel', (name, comm) => {
    expect(kernelName(name)).toBe(comm);
  });
});

describe('the script', () => {
  const templates = { 'stacks.sh': 'LOOK', 'stacks-sysrq.sh': 'ASK' };
  it('has nothing about sysrq in it unless that was asked for', () => {
    const script = (sysrq: '' | 'w' | 'wt') => stacksScript(templates, { process: '', sysrq, deadlineSeconds: 20 });
    expect(script('')).not.toContain('ASK');
    expect(script('wt').split('\n').slice(-2)).toEqual(['LOOK', 'ASK']);
  });

  it('quotes a name as the shell has to see it', () => {
    const script = stacksScript(templates, { process: "a'b$(c)\\d", sysrq: '', deadlineSeconds: 7.9 });
    expect(script).toContain("PROCESS='a'\\''b$(c)\\\\d'");
    expect(script).toContain('DEADLINE=7\n');
  });
});
