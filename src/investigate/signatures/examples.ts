import type { StackFrame, Trace } from '../trace.ts';
import type { Example, HangKnowledge, Signature } from './knowledge.ts';
import { matchSignatures } from './match.ts';

/** An example of a signature as the reader would give it. */
export function traceOfExample({ kind, state, headline, comm, stack }: Example): Trace {
  const lines = stack.split(/\n|<-/).filter((line) => line.trim() !== '');
  return {
    kind,
    task: comm === null ? null : { pid: null, comm },
    state,
    blockedSeconds: null,
    cpu: null,
    frames: lines.map(frameOfLine),
    headline,
    line: 0,
    weight: 1,
  };
}

/** Reads `? function [module]`. */
function frameOfLine(line: string): StackFrame {
  const [, unsure = '', name = '', module = null] = /^\s*(\? )?(\S+)(?: \[(\w+)\])?/.exec(line) ?? [];
  return { function: name, module, unsure: unsure !== '', inferred: null };
}

/**
 * Tries a signature on its own examples. It must be the best match of those that fit (one of the matches, if it is a fallback) and not
 * the best of the others.
 * @returns what is wrong, a sentence each
 */
export function wrongExamples({ name, grade, examples }: Signature, knowledge: HangKnowledge): string[] {
  const found = (example: Example): string[] =>
    matchSignatures(traceOfExample(example), knowledge).map(({ signature }) => signature);
  const missed = examples.fits.flatMap((example, index) => {
    const names = found(example);
    const fits = grade === 'fallback' ? names.includes(name) : names[0] === name;
    return fits ? [] : [`example ${index + 1} of fits: the best match is ${names[0] ?? 'none'}`];
  });
  const caught = examples.other.flatMap((example, index) =>
    found(example)[0] === name ? [`example ${index + 1} of other: it is the best match`] : [],
  );
  return [...missed, ...caught].map((text) => `${name}: ${text}`);
}
