import { setTimeout as pause } from 'node:timers/promises';

import type { Conversation } from '../../rollout/conversation.ts';
import type { Work } from '../../rollout/fleet.ts';
import type { Collection } from '../collection/collection.ts';
import { readCollection } from '../collection/read-collection.ts';
import type { WaitKinds } from '../collection/waits.ts';
import { stackChanges } from './changes.ts';
import { foldStacks, tellTasks, type Explain } from './fold.ts';
import type { StackGroup } from './group.ts';

export interface StacksWork {
  /** As stacksScript makes it. */
  readonly script: string;
  /** The process that the script was made for. */
  readonly process: string;
  readonly kinds: WaitKinds;
  readonly explain: Explain;
  readonly timeoutMs: number;
  /** Look again and again; null: once. */
  readonly watch: Watch | null;
  /** Takes in what the latest look at a guest found. */
  readonly keep: (guest: string, collection: Collection) => void;
}

export interface Watch {
  readonly everyMs: number;
  /** How often; null: until the person has seen enough. */
  readonly count: number | null;
}

/** Looks at who is blocked on a guest, and tells of it; all looks go over the one connection. */
export function stacksWork(options: StacksWork): Work {
  const { explain, watch, keep } = options;
  return async (conversation, talk) => {
    const guest = conversation.guest.name;
    let before: readonly StackGroup[] = [];
    for (let round = 1; ; round += 1) {
      const collection = await look(conversation, options);
      keep(guest, collection);
      const groups = foldStacks([{ guest, tasks: tasksOf(collection) }], explain);
      talk.emit({ kind: 'guest.stacks', guest, round, stacks: tellTasks(collection, groups) });
      if (watch === null) break;
      talk.emit({ kind: 'stacks.changed', guest, round, ...stackChanges(before, groups) });
      before = groups;
      if (round === watch.count || !(await waited(watch.everyMs, talk.stopping))) break;
    }
    return { outcome: 'converged', changes: 0 };
  };
}

/** What is folded: whoever is blocked, and the process that was named. */
export function tasksOf({ blocked, others }: Collection): Collection['blocked'] {
  return [...blocked, ...others];
}

async function look(
  conversation: Conversation,
  { script, process, kinds, timeoutMs }: StacksWork,
): Promise<Collection> {
  const { sections } = await conversation.runScript(script, { timeoutMs });
  return readCollection(sections, kinds, process);
}

/** Says whether the time passed without anybody wanting to stop. */
async function waited(ms: number, stopping: AbortSignal): Promise<boolean> {
  try {
    await pause(ms, undefined, { signal: stopping });
    return true;
  } catch {
    return false;
  }
}
