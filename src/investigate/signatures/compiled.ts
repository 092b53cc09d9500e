import { WAITING_KINDS } from './kinds.ts';
import type { HangKnowledge, Signature } from './knowledge.ts';
import { readStep, type Step } from './step.ts';
import type { TraceKind } from '../trace.ts';

/** A signature, ready to be tried. */
export interface CompiledSignature {
  readonly signature: Signature;
  readonly kinds: ReadonlySet<TraceKind>;
  readonly headline: RegExp | null;
  readonly comm: RegExp | null;
  readonly none: readonly Step[];
  readonly stacks: readonly (readonly Step[])[];
}

const compiled = new WeakMap<HangKnowledge, readonly CompiledSignature[]>();

/** The signatures of one body of knowledge; made once for it. */
export function compile(knowledge: HangKnowledge): readonly CompiledSignature[] {
  const known = compiled.get(knowledge);
  if (known) return known;
  const made = knowledge.signatures.map(compileOne);
  compiled.set(knowledge, made);
  return made;
}

function compileOne(signature: Signature): CompiledSignature {
  const { kinds, headline, comm, none, stacks } = signature.match;
  return {
    signature,
    kinds: kinds.length === 0 ? WAITING_KINDS : new Set(kinds),
    headline: headline === null ? null : new RegExp(headline),
    comm: comm === null ? null : new RegExp(comm),
    none: none.map(readStep),
    stacks: stacks.map((steps) => steps.map(readStep)),
  };
}
