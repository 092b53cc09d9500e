import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraces } from '../../../src/investigate/reading/read-traces.ts';

/** The stack of the first case, as a 4.19 kernel on arm64 has it. */
const STACK = [
  ['__switch_to', null],
  ['__flush_work', null],
  ['flush_work', null],
  ['drain_all_pages', null],
  ['__alloc_pages_nodemask', null],
  ['ttm_pool_populate', 'ttm'],
  ['virtio_gpu_ttm_tt_populate', 'virtio_gpu'],
  ['ttm_bo_init_reserved', 'ttm'],
  ['virtio_gpu_object_create', 'virtio_gpu'],
  ['virtio_gpu_resource_create_ioctl', 'virtio_gpu'],
  ['drm_ioctl_kernel', 'drm'],
  ['drm_ioctl', 'drm'],
  ['do_vfs_ioctl', null],
  ['ksys_ioctl', null],
  ['__arm64_sys_ioctl', null],
  ['el0_svc_common', null],
  ['el0_svc_handler', null],
  ['el0_svc', null],
] as const;

const REMARKS = [
  '',
  '  // waits for the work',
  ' # why?',
  '    /* here */',
  '  <- look',
  ' \u7b49\u5f85\u5b8c\u6210',
  ' -- this one',
  ' // drm_ioctl',
];
const MARKS = ['', '[<0>] ', '[<ffff000008086c2c>] ', '[<0000000000000000>] '];
const LEADS = ['', '> ', '> > ', '| ', '>> '];
const BULLETS = ['', '- ', '* ', '-> ', '=> '];

const decoration = fc.record({
  indent: fc.constantFrom('', ' ', '    ', '\t', '\t\t  '),
  mark: fc.constantFrom(...MARKS),
  offsets: fc.boolean(),
  modules: fc.boolean(),
  suffix: fc.constantFrom('', '.isra.0', '.constprop.0', '.part.1', '.llvm.123'),
  numbers: fc.constantFrom('', 'dot', 'bracket', 'hash', 'plain'),
  lead: fc.constantFrom(...LEADS),
  bullet: fc.constantFrom(...BULLETS),
  ending: fc.constantFrom('', '\r', '  ', '\u001b[0m'),
  spaced: fc.boolean(),
  remarks: fc.array(fc.constantFrom(...REMARKS), { minLength: 18, maxLength: 18 }),
  before: fc.constantFrom(
    '',
    '$ sudo cat /proc/1458/stack',
    'root@vm:~# cat /proc/1458/stack',
    '# the stack of Xorg:',
    '==> /proc/1458/stack <==',
  ),
});
type Decoration = typeof decoration extends fc.Arbitrary<infer D> ? D : never;

const NUMBERS: Readonly<Record<string, (index: number) => string>> = {
  '': () => '',
  dot: (index) => `${index + 1}. `,
  bracket: (index) => `[${index + 1}] `,
  hash: (index) => `#${index}  `,
  plain: (index) => `${index + 1}  `,
};

function written(look: Decoration): string[] {
  const frames = STACK.map(([name, module], index) => {
    const offset = look.offsets ? '+0x1a4/0x270' : '';
    const suffix = index % 4 === 1 ? look.suffix : '';
    const behind = look.modules && module !== null ? ` [${module}]` : '';
    const number = NUMBERS[look.numbers]?.(index) ?? '';
    const line = `${look.indent}${number}${look.bullet}${look.mark}${name}${suffix}${offset}${behind}${look.remarks[index] ?? ''}`;
    return look.lead + line + look.ending;
  });
  const spaced = look.spaced ? frames.flatMap((frame) => [frame, look.lead]) : frames;
  return [look.before, '', ...spaced, ''];
}

describe('a bare stack', () => {
  it('is read whatever a person or a program has put around its functions', () => {
    fc.assert(
      fc.property(decoration, (look) => {
        const traces = readTraces(written(look));
        expect(traces).toHaveLength(1);
        const [trace] = traces;
        expect(trace?.frames.map((frame) => frame.function)).toEqual(STACK.map(([name]) => name));
        expect(trace?.frames.map((frame) => frame.module)).toEqual(
          STACK.map(([, module]) => (look.modules ? module : null)),
        );
        expect(trace?.task?.pid).toBe(look.before.includes('/proc/') ? 1458 : undefined);
      }),
      { numRuns: 600 },
    );
  });

  it('keeps its remarks out of the stack', () => {
    const traces = readTraces([
      '// schedule() is hidden',
      '__flush_work+0x1/0x2 // and not_a_frame',
      '/* drain_all_pages */',
      'flush_work+0x1/0x2',
    ]);
    expect(traces.map(({ frames }) => frames.map((frame) => frame.function))).toEqual([['__flush_work', 'flush_work']]);
  });
});
