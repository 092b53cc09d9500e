import { describe, expect, it } from 'vitest';
import { chooseTool } from '../../../src/investigate/trace-tools/choose.ts';
import { parseKit, type Kit } from '../../../src/investigate/trace-tools/kit.ts';
import type { TraceRequest } from '../../../src/investigate/trace-tools/request.ts';
import { loadTraceTools } from '../../../src/shipped/trace-knowledge.ts';

const RULES = loadTraceTools();
const REQUEST: TraceRequest = {
  mode: 'offcpu',
  target: { kind: 'all' },
  states: null,
  durationMs: 10_000,
  minUs: 0,
  userStacks: false,
  tool: null,
};

const PROGRAMS: Readonly<Record<string, string>> = {
  bpftrace: 'bpftrace binary /usr/bin/bpftrace',
  libbpf: 'offcputime binary /usr/sbin/offcputime\nwakeuptime binary /usr/sbin/wakeuptime',
  script: 'offcputime script /usr/sbin/offcputime',
  bcc: ['offcputime', 'wakeuptime', 'offwaketime']
    .map((name) => `${name}-bpfcc script /usr/sbin/${name}-bpfcc`)
    .join('\n'),
};

function kit(programs: string, has: string, packages = ''): Kit {
  const list = (text: string): string[] => text.split(' ').filter((word) => word !== '');
  return parseKit(
    new Map(
      Object.entries({
        host: `uid 0\nkernel 6.1.0-56-amd64\n${list(has)
          .map((one) => `has ${one}`)
          .join('\n')}\n`,
        programs: list(programs)
          .map((name) => PROGRAMS[name])
          .join('\n'),
        packages,
      }).map(([name, text]) => [name, Buffer.from(text)]),
    ),
  );
}

const ALL = kit('bpftrace libbpf bcc', 'btf tracefs headers', 'bpftrace 0.17.0-1\nbpfcc-tools 0.26.0+ds-1\n');

describe('chooseTool', () => {
  it.each([
    ['everything is there', ALL, {}, 'bpftrace'],
    ['bpftrace is not there', kit('libbpf bcc', 'btf tracefs headers'), {}, 'libbpf'],
    ['neither, and no libbpf mode', kit('libbpf bcc', 'btf headers'), { mode: 'offwake' }, 'bcc'],
    ['a script is no libbpf tool', kit('script bcc', 'btf headers'), {}, 'bcc'],
    ['there is no BTF', kit('bpftrace libbpf bcc', 'tracefs headers'), {}, 'bcc'],
    ['there are no headers either', kit('bpftrace libbpf bcc', 'tracefs'), {}, null],
    ['tracefs is not mounted', kit('bpftrace bcc', 'btf headers'), {}, 'bcc'],
    ['bpftrace is too old', kit('bpftrace bcc', 'btf tracefs headers', 'bpftrace 0.11.3-5\n'), {}, 'bcc'],
    ['bcc is too old (Debian 11)', kit('bcc', 'headers', 'bpfcc-tools 0.18.0+ds-2\n'), {}, null],
    ['a cgroup is for bpftrace', kit('libbpf bcc', 'btf headers'), { target: { kind: 'cgroup', path: 'a' } }, null],
    ['wakeuptime takes no state', kit('libbpf bcc', 'btf headers'), { mode: 'wakeup', states: ['D'] }, null],
    ['a bit mask has no R', kit('bcc', 'headers'), { states: ['R', 'D'] }, null],
    ['a bit mask can be 0', kit('bcc', 'headers'), { states: ['R'] }, 'bcc'],
    ['a tool is insisted on', ALL, { tool: 'bcc' }, 'bcc'],
    ['a tool is insisted on that lacks something', kit('bpftrace bcc', 'headers'), { tool: 'bpftrace' }, 'bpftrace'],
    ['a tool is insisted on that is not there', kit('bpftrace', 'btf tracefs'), { tool: 'bcc' }, null],
  ] as const)('%s', (_title, guest, wish, tool) => {
    const choice = chooseTool(guest, { ...REQUEST, ...wish }, RULES);
    expect('tool' in choice ? choice.tool.name : null).toBe(tool);
  });

  it('says why no better one was taken', () => {
    const choice = chooseTool(kit('bpftrace bcc', 'tracefs headers'), REQUEST, RULES);
    expect(choice.passedOver).toEqual([
      { tool: 'bpftrace', reason: 'the kernel 6.1.0-56-amd64 has no BTF' },
      { tool: 'libbpf', reason: 'offcputime is not there' },
    ]);
  });

  it('names the headers that are missing', () => {
    expect(chooseTool(kit('bcc', 'btf'), REQUEST, RULES).passedOver.at(-1)?.reason).toBe(
      'the headers of the running kernel are not there (linux-headers-6.1.0-56-amd64)',
    );
  });
});
