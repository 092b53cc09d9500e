import type { StackFrame } from '../trace.ts';
import type { HangKnowledge } from './knowledge.ts';

type Frame = Pick<StackFrame, 'function' | 'module'>;

/** Where a function belongs: written down, or told by its name or module; null: nobody knows. */
export function subsystemOf(frame: Frame, knowledge: HangKnowledge): string | null {
  const known = knowledge.frames.get(frame.function);
  if (known) return known.subsystem;
  const family = knowledge.families.find(({ prefix }) => frame.function.startsWith(prefix));
  return family?.subsystem ?? frame.module;
}

/** Where a stack was waiting: the innermost frame that does some work says it, since all those above only sleep or lock. */
export function subsystemOfStack(frames: readonly StackFrame[], knowledge: HangKnowledge): string | null {
  const sure = frames.filter(({ unsure }) => !unsure);
  for (const frame of sure.length > 0 ? sure : frames) {
    const role = knowledge.frames.get(frame.function)?.role ?? 'work';
    const subsystem = role === 'work' ? subsystemOf(frame, knowledge) : null;
    if (subsystem !== null) return subsystem;
  }
  return null;
}
