import type { TaintFlag } from './analysis.ts';

/** A bit of kernel.tainted, from catalogue/crash/taint.yaml. */
export interface TaintRule extends TaintFlag {
  readonly bit: number;
}

/** The flags of a taint mask. A bit that the table does not know keeps its number. */
export function taintOfMask(mask: number, rules: readonly TaintRule[]): TaintFlag[] {
  const bits = Array.from({ length: 53 }, (_, bit) => bit).filter((bit) => Math.floor(mask / 2 ** bit) % 2 === 1);
  return bits.map((bit) => {
    const rule = rules.find((candidate) => candidate.bit === bit);
    return rule === undefined ? unknown('?', `BIT_${bit}`) : flag(rule);
  });
}

/** The flags of the letters that a log line shows. */
export function taintOfLetters(letters: readonly string[], rules: readonly TaintRule[]): TaintFlag[] {
  return [...new Set(letters)].map((letter) => {
    const rule = rules.find((candidate) => candidate.letter === letter);
    return rule === undefined ? unknown(letter, letter) : flag(rule);
  });
}

function flag({ letter, name, meaning, suspect }: TaintRule): TaintFlag {
  return { letter, name, meaning, suspect };
}

function unknown(letter: string, name: string): TaintFlag {
  return { letter, name, meaning: 'not known to provision', suspect: true };
}
