import type { StackFrame } from '../trace.ts';

const SUFFIX = /(?:\.(?:isra|part|constprop|llvm)\.\d+|\.cold(?:\.\d+)?)+$/;

/** Lines of /proc/PID/stack: `[<0>] function+0x12/0x34 [module]`; addresses stand in the brackets of old kernels. */
export function readStackFile(lines: readonly string[]): StackFrame[] {
  return lines.flatMap((line): StackFrame[] => {
    const match = /^\[<[0-9a-fx]+>\] (\? )?([^\s+]+)(?:\+0x[0-9a-f]+\/0x[0-9a-f]+)?(?: \[([\w-]+)[^\]]*\])?/.exec(line);
    const [, unsure, name = '', module] = match ?? [];
    // Old kernels end a stack with a frame at all ones.
    if (name === '' || name.startsWith('0x')) return [];
    return [{ function: name.replace(SUFFIX, ''), module: module ?? null, unsure: unsure !== undefined, inferred: null }];
  });
}
