import type { StackFrame } from '../trace.ts';

/** One step of a stack pattern, understood. */
export interface Step {
  /** It must come right after the one before. */
  readonly adjacent: boolean;
  /** False: it takes any frame, so that finding one proves nothing. */
  readonly tells: boolean;
  readonly fits: (frame: Pick<StackFrame, 'function' | 'module'>) => boolean;
}

type Test = Step['fits'];

/**
 * Reads `mutex_lock|__mutex_lock*`: names, any of which fits, with `*` for any text. `nfs_*[nfs]` asks for the module
 * too, `*[zfs]` for nothing but the module, and a `+` in front for a frame right after the one before.
 */
export function readStep(text: string): Step {
  const adjacent = text.startsWith('+');
  const names = (adjacent ? text.slice(1) : text).split('|');
  const tests = names.map(readName);
  return { adjacent, tells: !names.includes('*'), fits: (frame) => tests.some((test) => test(frame)) };
}

/** Whether a step is written in a way that means something. */
export function isStep(text: string): boolean {
  return /^\+?[\w*.]+(\[\w+\])?(\|[\w*.]+(\[\w+\])?)*$/.test(text);
}

function readName(text: string): Test {
  const [, name = text, module] = /^([^[]*)\[(\w+)\]$/.exec(text) ?? [];
  const fitsName = nameTest(name);
  return module === undefined ? fitsName : (frame) => frame.module === module && fitsName(frame);
}

function nameTest(name: string): Test {
  if (name === '*') return () => true;
  if (!name.includes('*')) return (frame) => frame.function === name;
  if (name.indexOf('*') === name.length - 1) {
    const prefix = name.slice(0, -1);
    return (frame) => frame.function.startsWith(prefix);
  }
  const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return (frame) => pattern.test(frame.function);
}
