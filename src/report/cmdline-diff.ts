import type { CmdlineStep } from '../plan/plan.ts';
import { cell, type Line } from './cells.ts';

const INDENT = '       ';

/** A kernel command line is long: only the words that go and come are shown, one a line. */
export function cmdlineLines({ before, after }: CmdlineStep): Line[] {
  // What else the remaining files hold is not known before update-grub has read them.
  const fresh =
    after ??
    words(before)
      .filter((word) => !word.startsWith('crashkernel='))
      .join(' ');
  const { gone, come } = changed(before, fresh);
  return [
    ...gone.map((word): Line => [cell(`${INDENT}- ${word}`, 'remove')]),
    ...come.map((word): Line => [cell(`${INDENT}+ ${word}`, 'add')]),
  ];
}

/** The words of two command lines that the other has not, in one line each. */
export function changedWords(before: string, after: string): { before: string; after: string } {
  const { gone, come } = changed(before, after);
  return { before: gone.join(' ') || 'none', after: come.join(' ') || 'none' };
}

function changed(before: string, after: string): { gone: string[]; come: string[] } {
  const [old, fresh] = [words(before), words(after)];
  return { gone: without(old, fresh), come: without(fresh, old) };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function without(all: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return all.filter((word) => {
    const at = rest.indexOf(word);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
