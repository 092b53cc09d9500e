import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrameLine, readPlainFrame } from '../../../src/investigate/reading/frame-line.ts';

const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/);
const plain = fc
  .record({
    indent: fc.constantFrom('', ' ', '  '),
    unsure: fc.boolean(),
    name,
    suffix: fc.constantFrom('', '.isra.0', '.constprop.0.cold', '.llvm.123'),
    module: fc.constantFrom('', ' [drm]', ' [drm 0123456789abcdef]', ' [nf_conntrack]'),
  })
  .map((part) => `${part.indent}${part.unsure ? '? ' : ''}${part.name}${part.suffix}+0x1a/0x2b${part.module}`);

describe('readPlainFrame', () => {
  it('is a short cut, and no other opinion', () => {
    fc.assert(
      fc.property(fc.oneof(plain, fc.string({ maxLength: 40 })), (line) => {
        const short = readPlainFrame(line);
        if (short !== null) expect(readFrameLine(line)).toEqual(short);
      }),
    );
    fc.assert(fc.property(plain, (line) => readPlainFrame(line) !== null));
  });
});

describe('readFrameLine', () => {
  it.each<[string, string, string | null]>([
    ['dotted names lose what the compiler added', '[<0>] finish_task_switch.isra.0+0x1/0x2', 'finish_task_switch'],
    ['a module with taints', ' nv_ioctl+0x1/0x2 [nvidia(POE)]', 'nv_ioctl'],
    ["bcc's bytes", "    b'schedule'", 'schedule'],
    ['a Rust function', ' _RNvCs123_4core3fmt5write+0x1/0x2', '_RNvCs123_4core3fmt5write'],
    ['an address in front', 'ffffffff81c3a1b0 __schedule+0x2d0', '__schedule'],
    ['a frame number and an address', '#12 0xffffffff81a00000 in default_idle () at x.c:1', 'default_idle'],
    ['a sentence', 'schedule was called', null],
    ['a function that was called', 'initcall foo_init+0x0/0x40 returned 0', null],
    ['text behind an offset', 'foo+0x1/0x2 returned 0', null],
    ['a register', 'RAX: ffffffffffffffda RBX: 0000564f6a0c5a00', null],
    ['a lock', ' #0: ffffffff8eb38fa0 (rcu_read_lock){....}-{1:3}, at: debug_show_all_locks+0x55/0x2a0', null],
    ['nothing', '', null],
  ])('%s', (_what, line, expected) => {
    expect(readFrameLine(line)?.name ?? null).toBe(expected);
  });
});
