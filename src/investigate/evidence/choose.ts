import { ProvisionError } from '../../errors.ts';
import type { EvidencePiece } from './piece.ts';

/** Which pieces of a guest are wanted. */
export interface EvidenceChoice {
  /** Names, or their numbers: `17`, `000017`. None: the newest. */
  readonly named: readonly string[];
  readonly all: boolean;
}

/** @throws ProvisionError E_EVIDENCE for a piece that the guest does not have */
export function choosePieces(
  pieces: readonly EvidencePiece[],
  { named, all }: EvidenceChoice,
): readonly EvidencePiece[] {
  for (const name of named)
    if (!pieces.some((piece) => isNamed(piece, name)))
      throw new ProvisionError('E_EVIDENCE', `there is no evidence ${name} on the guest`, {
        hint: pieces.length === 0 ? 'it has none' : `it has ${pieces.map((piece) => piece.name).join(', ')}`,
      });
  if (named.length > 0) return pieces.filter((piece) => named.some((name) => isNamed(piece, name)));
  return all ? pieces : pieces.slice(0, 1);
}

function isNamed({ name }: EvidencePiece, asked: string): boolean {
  return name === asked || (/^\d+$/.test(asked) && Number.parseInt(name, 10) === Number(asked));
}
