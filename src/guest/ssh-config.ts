import { ConfigCheck } from './ssh-config-check.ts';

/** One line of an ssh_config, or the lines that an Include stands for. */
export type ConfigLine =
  | { readonly kind: 'host' | 'match'; readonly args: readonly string[]; readonly file: string; readonly line: number }
  | {
      readonly kind: 'option';
      readonly keyword: string;
      readonly args: readonly string[];
      /** The value as written, for options that hold a command. */
      readonly raw: string;
      readonly file: string;
      readonly line: number;
    }
  | { readonly kind: 'include'; readonly files: readonly (readonly ConfigLine[])[] };

/** Reads the files that an Include names. */
type Include = (pattern: string) => readonly (readonly ConfigLine[])[];

/**
 * Takes an ssh_config apart; knows words and quotes, not what the options mean.
 * @throws ProvisionError E_INVENTORY for lines that ssh refuses
 */
export function parseSshConfig(
  text: string,
  file: string,
  include: Include,
  check: ConfigCheck = new ConfigCheck(),
): ConfigLine[] {
  const lines: ConfigLine[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const trimmed = written.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = /^"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+)?(.*)$/s.exec(trimmed);
    if (match === null) continue;
    const keyword = (match[1] ?? '').toLowerCase();
    const raw = match[2] ?? '';
    const words = splitWords(raw);
    const place = { file, line: index + 1 };
    check.line({ keyword, words, ...place });
    const args = words ?? [];
    if (keyword === 'host' || keyword === 'match') lines.push({ kind: keyword, args, ...place });
    else if (keyword === 'include') lines.push({ kind: 'include', files: args.flatMap((pattern) => include(pattern)) });
    else lines.push({ kind: 'option', keyword, args, raw, ...place });
  }
  return lines;
}

/** Names that a person could type, from the Host lines: no wildcards, no negations. */
export function hostNames(lines: readonly ConfigLine[]): string[] {
  const names = lines.flatMap((line) => {
    if (line.kind === 'include') return line.files.flatMap(hostNames);
    return line.kind === 'host' ? line.args.filter((name) => !/[*?!]/.test(name)) : [];
  });
  return [...new Set(names)];
}

/** OpenSSH's words: blanks part them, single and double quotes join, a backslash escapes quotes, `#` ends the line. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (character === '\\' && (next === '"' || next === "'" || next === '\\' || (quote === '' && next === ' '))) {
      word = (word ?? '') + next;
      at++;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) return words;
    else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return quote === '' ? words : undefined;
}
