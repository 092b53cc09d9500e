import { ProvisionError } from '../errors.ts';
import type { HangKnowledge, Signature } from '../investigate/signatures/knowledge.ts';
import { readCompiled, writeCompiled, type CatalogueText } from './compiled.ts';
import { shippedNames, shippedText } from './files.ts';
import type { FramesOfSubsystem } from './hangs/frames-entry.ts';
import { parseFrames } from './hangs/frames-entry.ts';
import { parseSignature } from './hangs/signature-entry.ts';

const ENDING = '.yaml';
const SIGNATURES = 'catalogue/signatures/';
const FRAMES = 'catalogue/frames/';

/** Both folders as values. */
export interface HangCatalogue extends FramesOfSubsystem {
  readonly signatures: readonly Signature[];
}

/**
 * Reads catalogue/signatures and catalogue/frames, or what the build made of them.
 * @throws ProvisionErrors E_CATALOGUE when a file was edited into nonsense
 */
export function loadHangKnowledge(): HangKnowledge {
  const texts = hangTexts();
  const { signatures, functions, families } = readCompiled<HangCatalogue>('hangs', texts) ?? parseHangs(texts);
  return {
    signatures,
    frames: new Map(functions.map((frame) => [frame.function, frame])),
    families: [...families].sort((one, other) => other.prefix.length - one.prefix.length),
  };
}

/** What the build leaves beside the code: reading and checking some hundred files takes seconds. */
export function compileHangs(): void {
  const texts = hangTexts();
  writeCompiled('hangs', texts, parseHangs(texts));
}

/** @throws ProvisionErrors E_CATALOGUE, also for a function that two files know */
export function parseHangs(texts: readonly CatalogueText[]): HangCatalogue {
  const under = (folder: string): CatalogueText[] => texts.filter(({ file }) => file.startsWith(folder));
  const subsystems = under(FRAMES).map(({ file, text }) => ({ file, ...parseFrames(text, file) }));
  const seen = new Map<string, string>();
  for (const { file, functions } of subsystems) {
    for (const frame of functions) {
      const first = seen.get(frame.function);
      if (first !== undefined) {
        const details = { hint: `it is in ${first} already: keep one of them`, where: { file } };
        throw new ProvisionError('E_CATALOGUE', `${frame.function} is here a second time`, details);
      }
      seen.set(frame.function, file);
    }
  }
  return {
    signatures: under(SIGNATURES).map(({ file, text }) =>
      parseSignature(text, file, file.slice(SIGNATURES.length, -ENDING.length)),
    ),
    functions: subsystems.flatMap(({ functions }) => functions),
    families: subsystems.flatMap(({ families }) => families),
  };
}

function hangTexts(): CatalogueText[] {
  return [SIGNATURES, FRAMES].flatMap((folder) =>
    shippedNames(folder, ENDING).map((name) => ({ file: folder + name, text: shippedText(folder + name) })),
  );
}
