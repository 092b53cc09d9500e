import type { Sections } from '../../facts/sections.ts';

/**
 * Sections of a collection that was written to a file on the guest: `## NAME` on a line of its own begins one. No line of
 * a collection can look like that, for the names of tasks stand behind their ids, newlines escaped.
 */
export function sectionsOfText(text: string): Sections {
  const sections = new Map<string, Buffer>();
  for (const part of text.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end < 0 ? undefined : end), Buffer.from(end < 0 ? '' : part.slice(end + 1)));
  }
  return sections;
}
