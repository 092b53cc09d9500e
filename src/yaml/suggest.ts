/** The known word that a mistyped one is one or a few letters off; undefined when none is near enough to be meant. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 80) return undefined;
  const wanted = fold(word);
  let best: string | undefined;
  let bestDistance = Math.floor(wanted.length / 3) + 1;
  for (const candidate of known) {
    const other = fold(candidate);
    if (Math.abs(other.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, other);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The known word that was probably meant: a near miss, else one that was cut short. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const words = [...known];
  return closest(word, words) ?? words.find((candidate) => isCutShort(fold(word), fold(candidate)));
}

/** `; did you mean X?` or nothing, to end a message with. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const suggestion = suggest(word, known);
  return suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
}

function isCutShort(a: string, b: string): boolean {
  return Math.min(a.length, b.length) > 1 && (a.startsWith(b) || b.startsWith(a));
}

/** Case and the kind of separator are never what tells two names apart here. */
function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '-');
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
