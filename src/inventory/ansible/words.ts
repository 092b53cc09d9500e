/** A word of a line, without its quotes, and where it stands in the line. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What is wrong with a line, and where in it. */
export interface WordProblem {
  readonly problem: string;
  readonly at: number;
}

/**
 * Splits a line as Python's `shlex.split(line, comments=True)` does, which Ansible uses: quotes join, a backslash escapes,
 * and `#` begins a comment even in the middle of a word.
 */
export function splitWords(line: string): Word[] | WordProblem {
  const words: Word[] = [];
  let text = '';
  let start = -1;
  let quote = '';
  let quoteAt = 0;
  const push = (end: number): void => {
    if (start >= 0) words.push({ text, start, end });
    [text, start] = ['', -1];
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quote === '' && /\s/.test(character)) push(at);
    else if (quote === '' && character === '#') {
      push(at);
      return words;
    } else {
      if (start < 0) start = at;
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) [quote, quoteAt] = [character, at];
      else if (character === '\\' && quote !== "'") {
        const next = line[++at];
        if (next === undefined) return { problem: 'the line ends with a backslash', at: at - 1 };
        // Between double quotes a backslash is one, unless it stands before a quote or another.
        text += quote === '"' && next !== '"' && next !== '\\' ? character + next : next;
      } else text += character;
    }
  }
  if (quote !== '') return { problem: `a quote (${quote}) is not closed`, at: quoteAt };
  push(line.length);
  return words;
}
