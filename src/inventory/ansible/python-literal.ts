import type { Plain } from '../../yaml/tree.ts';

const SPACE = /(?:[ \t\f\r\n]|\\\n)*/y;
const NUMBER =
  /[+-]?\s*(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*|\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?)(?![\w.])/y;
const STRING =
  /(?:[uU]|[rR]|[bB]|[rR][bB]|[bB][rR])?(?:'''[^]*?(?<!\\)'''|"""[^]*?(?<!\\)"""|'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")/y;
const WORD = /(?:True|False|None)(?!\w)/y;
const WORDS: Readonly<Record<string, Plain>> = { True: true, False: false, None: null };
const CLOSERS: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const MAX_DEPTH = 40;

/**
 * Reads what Python's `ast.literal_eval` reads: numbers, strings, True, False, None, lists, tuples, sets and dicts.
 * Ansible guesses the types of values in INI inventories with it. Integers beyond 2^53 become their digits.
 * @returns undefined for any other text, which then stands for itself
 */
export function pythonLiteral(text: string): Plain | undefined {
  const reader = new Reader(text.replace(/^[ \t]+/, ''));
  const value = reader.value(0);
  return value === undefined || !reader.isDone() ? undefined : value;
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether nothing is left but blanks and a comment. */
  isDone(): boolean {
    this.#take(SPACE);
    return this.#at === this.#text.length || this.#text[this.#at] === '#';
  }

  value(depth: number): Plain | undefined {
    if (depth > MAX_DEPTH) return undefined;
    this.#take(SPACE);
    const open = this.#text[this.#at] ?? '';
    if (Object.hasOwn(CLOSERS, open)) {
      this.#at += 1;
      return open === '{' ? this.#braces(depth) : this.#list(CLOSERS[open] ?? '', depth);
    }
    const word = this.#take(WORD);
    if (word !== '') return WORDS[word];
    const number = this.#take(NUMBER);
    return number === '' ? this.#strings() : numberOf(number);
  }

  /** Strings beside each other are one. */
  #strings(): string | undefined {
    let all: string | undefined;
    for (let part = this.#take(STRING); part !== ''; part = this.#take(STRING)) {
      all = (all ?? '') + unquoted(part);
      this.#take(SPACE);
    }
    return all;
  }

  #list(closer: string, depth: number): Plain | undefined {
    const items: Plain[] = [];
    let commas = 0;
    while (!this.#skip(closer)) {
      if (items.length > commas) return undefined;
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      if (this.#skip(',')) commas += 1;
    }
    // One value in parentheses is that value.
    return closer === ')' && commas === 0 ? (items[0] ?? []) : items;
  }

  #braces(depth: number): Plain | undefined {
    const entries: [string, Plain][] = [];
    const items: Plain[] = [];
    let open = true;
    while (!this.#skip('}')) {
      if (!open) return undefined;
      const key = this.value(depth + 1);
      if (key === undefined) return undefined;
      if (this.#skip(':')) {
        const value = this.value(depth + 1);
        if (value === undefined || typeof key === 'object') return undefined;
        entries.push([String(key), value]);
      } else items.push(key);
      open = this.#skip(',');
    }
    if (items.length > 0) return entries.length > 0 ? undefined : items;
    return Object.fromEntries(entries);
  }

  #skip(sign: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #take(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}

function numberOf(text: string): Plain | undefined {
  const digits = text.replaceAll(/[_\s]/g, '');
  const bare = digits.replace(/^[+-]/, '');
  // 007 is no number in Python, and no octal either.
  if (/^0\d*[1-9]/.test(bare) && !/[.eExXoObB]/.test(bare)) return undefined;
  const value = (digits.startsWith('-') ? -1 : 1) * Number(bare);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^\d+$/.test(bare)
    ? digits.replace(/^\+/, '')
    : value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

function unquoted(literal: string): string {
  const [, prefix = '', quote = ''] = /^([a-zA-Z]*)('''|"""|'|")/.exec(literal) ?? [];
  const body = literal.slice(prefix.length + quote.length, -quote.length);
  if (/r/i.test(prefix)) return body;
  return body.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([^]))/g,
    (all, x?: string, u?: string, long?: string, octal?: string, character?: string) => {
      const hex = x ?? u ?? long;
      const code = hex === undefined ? (octal === undefined ? -1 : parseInt(octal, 8)) : parseInt(hex, 16);
      if (code >= 0) return code <= 0x10ffff ? String.fromCodePoint(code) : all;
      return ESCAPES[character ?? ''] ?? all;
    },
  );
}
