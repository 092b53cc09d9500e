import { describe, expect, it } from 'vitest';
import { traceRequest } from '../../src/cli/trace-flags.ts';

describe('traceRequest', () => {
  it('is ten seconds of everything where nothing is said', () => {
    expect(traceRequest('offcpu', {})).toEqual({
      mode: 'offcpu',
      target: { kind: 'all' },
      states: null,
      durationMs: 10_000,
      minUs: 0,
      userStacks: false,
      tool: null,
    });
  });

  it.each([
    [{ process: 'Xorg' }, { target: { kind: 'process', comm: 'Xorg' } }],
    [{ process: 'fünfzehn Byte!!' }, null],
    [{ process: 'fünfzehn Bytes' }, { target: { kind: 'process', comm: 'fünfzehn Bytes' } }],
    [{ pid: '1458' }, { target: { kind: 'pid', id: 1458 } }],
    [{ tid: '7' }, { target: { kind: 'tid', id: 7 } }],
    [
      { cgroup: '/sys/fs/cgroup/system.slice/ssh.service/' },
      { target: { kind: 'cgroup', path: 'system.slice/ssh.service' } },
    ],
    [{ cgroup: 'a..b' }, { target: { kind: 'cgroup', path: 'a..b' } }],
    [{ state: 'S,D' }, { states: ['S', 'D'] }],
    [{ state: 'DD' }, { states: ['D'] }],
    [{ duration: '1h' }, { durationMs: 3_600_000 }],
    [{ min: '5ms' }, { minUs: 5000 }],
    [{ tool: 'bcc' }, { tool: 'bcc' }],
    [{ process: '' }, null],
    [{ process: 'a\nb' }, null],
    [{ process: 'x', pid: '1' }, null],
    [{ pid: '0' }, null],
    [{ pid: '1; rm' }, null],
    [{ cgroup: '../../etc' }, null],
    [{ state: 'd' }, null],
    [{ state: ',' }, null],
    [{ duration: '61m' }, null],
    [{ duration: '0s' }, null],
    [{ tool: 'perf' }, null],
  ])('%j', (flags, wanted) => {
    if (wanted === null)
      expect(() => traceRequest('offcpu', flags)).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
    else expect(traceRequest('offcpu', flags)).toMatchObject(wanted);
  });

  it('knows three modes', () => {
    expect(() => traceRequest('oncpu', {})).toThrow('trace takes offcpu, wakeup, offwake');
  });

  it('says what to write for a name that the kernel cuts', () => {
    expect(() => traceRequest('offcpu', { process: 'gnome-shell-calendar-server' })).toThrow(
      expect.objectContaining({ hint: "--process 'gnome-shell-cal'" }) as Error,
    );
  });
});
