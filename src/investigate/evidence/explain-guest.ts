import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Transfer } from '../../crash/fetch/download.ts';
import type { Work } from '../../rollout/fleet.ts';
import type { WaitKinds } from '../collection/waits.ts';
import type { Explain } from '../stacks/fold.ts';
import { choosePieces, type EvidenceChoice } from './choose.ts';
import { explainPiece } from './explain.ts';
import { fetchPiece } from './fetch.ts';
import { localPieces } from './local-piece.ts';
import { lookAtEvidence, type EvidenceLook } from './look.ts';

export interface EvidenceExplain extends Transfer {
  readonly look: EvidenceLook;
  readonly choice: EvidenceChoice;
  readonly kinds: WaitKinds;
  readonly explain: Explain;
}

/** Says what the chosen evidence of a guest means; nothing of it stays here. */
export function explainEvidence({ look, choice, kinds, explain, ...transfer }: EvidenceExplain): Work {
  return async (conversation, talk) => {
    const guest = conversation.guest.name;
    const answer = await lookAtEvidence(conversation, look);
    const wanted = choosePieces(answer.pieces, choice);
    if (wanted.length === 0) talk.emit({ kind: 'guest.evidence', guest, ...answer });
    const folder = await mkdtemp(join(tmpdir(), 'provision-evidence-'));
    try {
      // As it happened.
      for (const piece of [...wanted].reverse()) {
        const here = await fetchPiece(conversation, piece, folder, transfer);
        for (const local of localPieces(here.folder))
          talk.emit({
            kind: 'guest.evidence-explained',
            ...explainPiece(local, kinds, explain, { guest, kept: false }),
          });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return { outcome: 'converged', changes: 0 };
  };
}
