import { ProvisionError } from '../../errors.ts';
import { readCollection } from '../collection/read-collection.ts';
import type { Collection } from '../collection/collection.ts';
import type { WaitKinds } from '../collection/waits.ts';
import { foldStacks, tellTasks, type Explain } from '../stacks/fold.ts';
import type { GuestStacks, StackGroup } from '../stacks/group.ts';
import type { LocalPiece } from './local-piece.ts';
import type { EvidenceAbout } from './piece.ts';

/** What a piece of evidence means. */
export interface ExplainedPiece {
  /** The guest's name as it was asked by, else as it calls itself. */
  readonly guest: string;
  readonly piece: string;
  /** Where it lies here; null: it was read on the guest and not kept. */
  readonly path: string | null;
  readonly about: EvidenceAbout | null;
  /** What stood around the stacks; null: there are none, or they are cut off. */
  readonly stacks: GuestStacks | null;
  readonly groups: readonly StackGroup[];
  /** What the kernel said of its workqueues, when it was asked. */
  readonly workqueues: readonly string[];
  /** Why there are no stacks. */
  readonly problem: string | null;
}

/** Reads the stacks of a piece and says what they mean. */
export function explainPiece(
  { path, name, about, sections }: LocalPiece,
  kinds: WaitKinds,
  explain: Explain,
  asked: { readonly guest?: string; readonly kept: boolean },
): ExplainedPiece {
  const { collection, problem } = collectionOf(sections, kinds, about);
  const guest = asked.guest ?? about?.hostname ?? collection?.hostname ?? '';
  const tasks = collection?.blocked ?? [];
  const groups = foldStacks([{ guest, tasks }], explain);
  return {
    guest,
    piece: name,
    path: asked.kept ? path : null,
    about,
    stacks: collection === null ? null : tellTasks(collection, groups),
    groups,
    workqueues: collection === null ? [] : workqueuesOf(collection),
    problem,
  };
}

function collectionOf(
  sections: LocalPiece['sections'],
  kinds: WaitKinds,
  about: EvidenceAbout | null,
): { readonly collection: Collection | null; readonly problem: string | null } {
  if (sections === null) {
    const why = about?.dropped === true ? 'they were more than the guest may keep' : 'they could not be collected';
    return { collection: null, problem: `there are no stacks: ${why}` };
  }
  try {
    return { collection: readCollection(sections, kinds), problem: null };
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return { collection: null, problem: `the stacks are cut off: ${error.message}` };
  }
}

/** The end of what SysRq t prints: show_workqueue_state, show_all_workqueues since 5.16 (kernel/workqueue.c). */
function workqueuesOf({ kernelAnswers }: Collection): string[] {
  const lines = kernelAnswers.find(({ key }) => key === 't')?.lines ?? [];
  const begin = lines.findIndex((line) => line.startsWith('Showing busy workqueues'));
  return begin < 0 ? [] : lines.slice(begin + 1).map((line) => line.trimEnd());
}
