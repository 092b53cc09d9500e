import type { Explanation } from '../investigate/explanation.ts';
import { cell, type Line, type Look } from './cells.ts';

export function formatExplanation({ frames, matches }: Explanation, _look: Look): Line[] {
  return [
    ...frames.map(({ frame, note }): Line => [cell(`${frame.function}  ${note ?? ''}`)]),
    ...matches.slice(0, 1).map((match): Line => [cell(match.signature, 'strong')]),
  ];
}
