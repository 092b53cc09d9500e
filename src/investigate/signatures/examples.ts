import type { StackFrame, Trace } from '../trace.ts';
import type { Example, HangKnowledge, Signature } from './knowledge.ts';
import { matchSignatures } from './match.ts';

/** An example of a signature as the reader would give it. */
export function traceOfExample({ kind, state, headline, comm, stack }: Example): Trace {
  const lines = stack.split('\n').filter((line) => line.trim() !== '');
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
 * Tries a signature on its own examples: each that fits must have it as its best match, and it must not be among the matches of the others.
 * @returns what is wrong, a sentence each
 */
export function wrongExamples(signature: Signature, knowledge: HangKnowledge): string[] {
  const { fits, other } = signature.examples;
  const missed = fits.flatMap((example, index) => {
    const best = matchSignatures(traceOfExample(example), knowledge)[0]?.signature;
    return best === signature.name ? [] : [`example ${index + 1} of fits: the best match is ${best ?? 'none'}`];
  });
  const caught = other.flatMap((example, index) => {
    const found = matchSignatures(traceOfExample(example), knowledge).some(
      (match) => match.signature === signature.name,
    );
    return found ? [`example ${index + 1} of other: it matches`] : [];
  });
  return [...missed, ...caught].map((text) => `${signature.name}: ${text}`);
}
