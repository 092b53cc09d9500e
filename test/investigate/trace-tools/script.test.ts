import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Choice } from '../../../src/investigate/trace-tools/choose.ts';
import { blockedThroughout, parseBlocked } from '../../../src/investigate/trace-tools/blocked.ts';
import { bpftraceProgram, bpftraceString, toolArguments } from '../../../src/investigate/trace-tools/program.ts';
import { MODES, type TraceRequest } from '../../../src/investigate/trace-tools/request.ts';
import { lookScript, runScript, stopScript } from '../../../src/investigate/trace-tools/script.ts';
import { loadKnowledge } from '../../../src/shipped/catalogue.ts';
import { loadTraceTools } from '../../../src/shipped/trace-knowledge.ts';

const { templates } = loadKnowledge();
const RULES = loadTraceTools();
const REQUEST: TraceRequest = {
  mode: 'offcpu',
  target: { kind: 'all' },
  states: ['D'],
  durationMs: 5000,
  minUs: 2000,
  userStacks: false,
  tool: null,
};

function choice(name: string): Choice {
  const tool = RULES.find((rule) => rule.name === name)!;
  return {
    tool,
    mode: tool.modes.offcpu!,
    path: '/usr/bin/x',
    script: false,
    version: null,
    because: '',
    passedOver: [],
  };
}

describe('bpftraceProgram', () => {
  it.each(MODES)('leaves nothing to fill in but the target: %s', (mode) => {
    for (const userStacks of mode === 'wakeup' ? [false] : [false, true]) {
      const text = bpftraceProgram(templates[`trace-${mode}.bt`]!, { ...REQUEST, mode, userStacks });
      expect(text).not.toMatch(/\{\{|\}\}/);
      expect(text.match(/@TARGET@/g)).toHaveLength(1);
      expect(text).toContain('args->prev_state == 2');
      expect(text).toContain('>= 2000');
      expect(text).toContain('interval:s:5 ');
      expect(text.includes('ustack')).toBe(userStacks);
    }
  });

  it.each([
    [null, 'args->prev_state == 0 || args->prev_state == 256 || args->prev_state == 1 || args->prev_state == 2'],
    [['R'], '(args->prev_state == 0 || args->prev_state == 256)'],
    [['S', 'D'], '(args->prev_state == 1 || args->prev_state == 2)'],
    [['I'], '(args->prev_state == 128)'],
  ] as const)('%s', (states, predicate) => {
    expect(bpftraceProgram(templates['trace-offcpu.bt']!, { ...REQUEST, states })).toContain(predicate);
  });

  it('can be shorter than a second', () => {
    expect(bpftraceProgram(templates['trace-offcpu.bt']!, { ...REQUEST, durationMs: 1500 })).toContain(
      'interval:ms:1500',
    );
  });
});

describe('bpftraceString', () => {
  it('holds any name, and no character that could end it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (name) => {
        const text = bpftraceString(name);
        expect(text).toMatch(/^"(?:[ !#-[\]-~]|\\[0-3][0-7]{2})*"$/);
        const bytes = text
          .slice(1, -1)
          .replaceAll(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
        expect(Buffer.from(bytes, 'latin1').toString('utf8')).toBe(Buffer.from(name, 'utf8').toString('utf8'));
      }),
    );
  });
});

describe('toolArguments', () => {
  it.each([
    ['bcc', {}, '-f -K -m 2000 --state 2 --stack-storage-size 16384 5'],
    [
      'bcc',
      { userStacks: true, target: { kind: 'pid', id: 7 }, minUs: 0 },
      '-f -d -p 7 --state 2 --stack-storage-size 16384 5',
    ],
    ['bcc', { mode: 'wakeup', states: null, minUs: 0 }, '-f --stack-storage-size 16384 5'],
    ['bcc', { states: ['S', 'D'], minUs: 0, durationMs: 1200 }, '-f -K --state 3 --stack-storage-size 16384 2'],
    ['libbpf', { target: { kind: 'tid', id: 9 }, minUs: 0 }, '-t 9 --state 2 --stack-storage-size 16384 5'],
  ] as const)('%s %j', (tool, wish, argv) => {
    expect(toolArguments(tool, { ...REQUEST, ...wish }).join(' ')).toBe(argv);
  });
});

describe('the scripts', () => {
  const texts = {
    look: lookScript(templates, RULES),
    run: runScript(templates, choice('bpftrace'), { ...REQUEST, target: { kind: 'process', comm: `a'"$(b)` } }, 'r1')
      .text,
    bcc: runScript(templates, choice('bcc'), REQUEST, 'r1').text,
    stop: stopScript(templates, 'r1'),
  };
  it.each(Object.entries(texts))('%s is shell text', (_name, text) => {
    expect(() => execFileSync('dash', ['-n'], { input: text })).not.toThrow();
  });

  it('removes what it made, and could remove nothing else', () => {
    const lines = texts.run.split('\n').filter((line) => /\brm\b|\bmine=/.test(line.replace(/#.*/, '')));
    expect(lines.map((line) => line.trim())).toEqual([
      'readonly mine="/run/provision-trace.${RUN:?}"',
      'rm -rf "$mine"',
    ]);
  });

  it('bounds the tool on the guest itself', () => {
    const script = runScript(templates, choice('bcc'), REQUEST, 'r1');
    expect(script.boundSeconds).toBe(240 + 5 + 120);
    expect(script.text).toContain(`BOUND=${script.boundSeconds}\n`);
  });
});

describe('blockedThroughout', () => {
  const status = (tid: number, switches: number): string =>
    [`Name:\tXorg`, `Tgid:\t7`, `Pid:\t${tid}`, `voluntary_ctxt_switches:\t${switches}`]
      .map((line) => `/proc/7/task/${tid}/status:${line}\n`)
      .join('');
  it('is who was there before and after, and did not run in between', () => {
    const before = parseBlocked(status(7, 10) + status(8, 5) + status(9, 1));
    const after = parseBlocked(status(7, 10) + status(8, 6) + status(10, 1));
    expect(blockedThroughout(before, after)).toEqual([{ tid: 7, pid: 7, comm: 'Xorg', switches: 10 }]);
  });
});
