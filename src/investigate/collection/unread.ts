import { linesOf, type Sections } from '../../facts/sections.ts';
import type { Unread } from './collection.ts';

const SHOWN = 5;

/** Files that the collector could not bring back, by what they are and why. */
export function readUnread(sections: Sections): Unread[] {
  const groups = new Map<string, { what: string; reason: Unread['reason']; such: string[]; count: number }>();
  for (const line of linesOf(sections, 'unread')) {
    const match = /^(deadline|refused) (\/\S+)$/.exec(line);
    if (match === null) continue;
    const reason = match[1] === 'deadline' ? 'deadline' : 'refused';
    const path = match[2] ?? '';
    const what = path.slice(path.lastIndexOf('/') + 1);
    const group = groups.get(`${reason} ${what}`) ?? { what, reason, such: [], count: 0 };
    groups.set(`${reason} ${what}`, group);
    group.count += 1;
    if (group.such.length < SHOWN) group.such.push(path);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
