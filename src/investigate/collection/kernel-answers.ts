import { linesOf, type Sections } from '../../facts/sections.ts';
import type { KernelAnswer } from './collection.ts';

/** What the kernel said when it was asked through sysrq, and why it was not asked where it was not. */
export function readKernelAnswers(sections: Sections): { answers: KernelAnswer[]; refused: string | null } {
  const answers: { key: 'w' | 't'; lines: string[]; lost: number; whole: boolean }[] = [];
  let refused: string | null = null;
  for (const line of linesOf(sections, 'sysrq')) {
    const answer = answers.at(-1);
    if (/^key [wt]$/.test(line)) answers.push({ key: line.endsWith('w') ? 'w' : 't', lines: [], lost: 0, whole: true });
    else if (line.startsWith('refused ')) refused = line.slice('refused '.length);
    else if (answer === undefined) continue;
    else if (/^lost \d+$/.test(line)) answer.lost = Number(line.slice(5));
    else if (line === 'cut') answer.whole = false;
    else answer.lines.push(line);
  }
  return { answers, refused };
}
