import { readFrameLine } from '../reading/frame-line.ts';
import type { StackFrame } from '../trace.ts';

/** Lines of /proc/PID/stack, `[<0>] function+0x12/0x34 [module]`, innermost first. */
export function readStackFile(lines: readonly string[]): StackFrame[] {
  return lines.flatMap((line): StackFrame[] => {
    const frame = readFrameLine(line);
    if (frame === null) return [];
    return [{ function: frame.name, module: frame.module, unsure: frame.unsure, inferred: null }];
  });
}
