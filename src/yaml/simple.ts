import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './tree.ts';

/** Deeper files are read by yaml, which knows what to say about them. */
const MAX_DEPTH = 20;

/** Blank, a comment, or a key with what follows it in its line. */
const LINE = /( *)(?:(#)[^\n]*|([A-Za-z_][\w.-]*):(?: +([^ \n](?:[^\n]*[^ \n])?) *)?)?(?:\n|$)/y;
/** Words that begin with a letter, a slash or `~/`: text, unless they are one of `NOT_TEXT`. */
const WORDS = /^(?:[A-Za-z_/]|~\/)[\w./@%+-]*(?: [\w./@%+-]+)*$/;
const NOT_TEXT = /^(?:null|true|false)$/i;
/** No escapes in either. */
const QUOTED = /^(?:"[^"\\\n]*"|'[^'\n]*')$/;
const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
/** An IPv4 address, a duration, a size: text that begins with a digit. */
const MEASURE = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[1-9]\d*[smhdKMG])$/;
const FLOW = / *(?:([{}[\],])|([A-Za-z_][\w.-]*):(?= )|([\w./@%+~-]+|"[^"\\\n]*"|'[^'\n]*'))/y;

/**
 * Reads what most inventories and profiles consist of: keys one below another, with plain values or short lists and
 * mappings in their lines. yaml takes half a millisecond for each guest of an inventory, this next to nothing.
 * @returns what yaml would make of it, to the last offset; null for everything else, above all for what is wrong
 */
export function readSimple(text: string): YamlMap | null {
  const open: OpenMap[] = [];
  /** A key whose value may follow in the lines below. */
  let waiting: { readonly indent: number; readonly key: string; readonly end: number } | null = null;
  /** Lines without a key came since: whether a key without a value takes them in is for yaml to say. */
  let gap = false;
  /** The indent of the rightmost comment since the last key: yaml counts one right of the next key to what it follows. */
  let remark = 0;
  let end = 0;
  for (let at = 0; at < text.length; at = LINE.lastIndex) {
    LINE.lastIndex = at;
    const line = LINE.exec(text);
    if (line === null) return null;
    const [all, { length: indent } = '', comment, key, value] = line;
    if (key === undefined) {
      if (comment !== undefined) remark = Math.max(remark, indent);
      gap = true;
      continue;
    }
    if (remark > indent) return null;
    const start = at + indent;
    const parent = open.at(-1);
    if (parent === undefined || (waiting !== null && indent > waiting.indent)) {
      if (open.length === MAX_DEPTH || (parent === undefined && indent > 0)) return null;
      open.push(new OpenMap(indent, start, waiting?.key ?? ''));
    } else {
      if (waiting !== null && gap) return null;
      if (waiting !== null) parent.add(waiting.key, nothing(waiting.end));
      while ((open.at(-1)?.indent ?? -1) > indent) if (!close(open, end)) return null;
    }
    waiting = null;
    gap = false;
    remark = 0;
    const map = open.at(-1);
    if (map?.indent !== indent || !map.begin(key, start)) return null;
    const colon = start + key.length + 1;
    end = at + all.length;
    if (value === undefined) {
      waiting = { indent, key, end: colon };
      end = colon;
      continue;
    }
    const from = text.indexOf(value, colon);
    const node = value.startsWith('{') || value.startsWith('[') ? new Flow(value, from).read() : scalar(value, from);
    if (node === null) return null;
    map.add(key, node);
  }
  if (remark > 0 || (waiting !== null && gap)) return null;
  if (waiting !== null) open.at(-1)?.add(waiting.key, nothing(waiting.end));
  while (open.length > 1) if (!close(open, end)) return null;
  return open[0]?.close(end) ?? null;
}

/** A block mapping that may go on. */
class OpenMap {
  readonly indent: number;
  readonly #start: number;
  /** Its own key in the mapping around it. */
  readonly name: string;
  readonly #keys = new Map<string, number>();
  readonly #entries = new Map<string, YamlEntry>();

  constructor(indent: number, start: number, name: string) {
    this.indent = indent;
    this.#start = start;
    this.name = name;
  }

  /** False for a key that yaml's reader would complain about. */
  begin(key: string, start: number): boolean {
    if (key === '__proto__' || this.#keys.has(key)) return false;
    this.#keys.set(key, start);
    return true;
  }

  add(key: string, value: YamlNode): void {
    const start = this.#keys.get(key) ?? 0;
    this.#entries.set(key, { key: { start, end: start + key.length }, value });
  }

  close(end: number): YamlMap {
    return { kind: 'map', start: this.#start, end, flow: false, entries: this.#entries };
  }
}

/** Ends the innermost mapping; false when there is none around it. */
function close(open: OpenMap[], end: number): boolean {
  const inner = open.pop();
  const outer = open.at(-1);
  if (inner === undefined || outer === undefined) return false;
  outer.add(inner.name, inner.close(end));
  return true;
}

function nothing(at: number): YamlScalar {
  return { kind: 'scalar', start: at, end: at, value: null };
}

function scalar(text: string, start: number): YamlScalar | null {
  const node = (value: YamlScalar['value']): YamlScalar => ({ kind: 'scalar', start, end: start + text.length, value });
  if (text === 'true' || text === 'false') return node(text === 'true');
  if (INTEGER.test(text)) return node(Number(text));
  if (QUOTED.test(text)) return node(text.slice(1, -1));
  return MEASURE.test(text) || (WORDS.test(text) && !NOT_TEXT.test(text)) ? node(text) : null;
}

/** A mapping in braces or a list in brackets, all in one line. */
class Flow {
  readonly #text: string;
  /** Of the text in the file. */
  readonly #offset: number;
  #at = 0;

  constructor(text: string, offset: number) {
    this.#text = text;
    this.#offset = offset;
  }

  read(): YamlNode | null {
    const node = this.#value(this.#next(), 0);
    return this.#at === this.#text.length ? node : null;
  }

  #next(): Token | null {
    FLOW.lastIndex = this.#at;
    const found = FLOW.exec(this.#text);
    if (found === null) return null;
    this.#at = FLOW.lastIndex;
    const [, sign, key, word = ''] = found;
    const text = sign ?? key ?? word;
    const end = this.#offset + this.#at - (key === undefined ? 0 : 1);
    return { kind: sign ?? (key === undefined ? 'word' : 'key'), text, start: end - text.length, end };
  }

  #value(token: Token | null, depth: number): YamlNode | null {
    if (token === null || depth === MAX_DEPTH) return null;
    if (token.kind === 'word') return scalar(token.text, token.start);
    if (token.kind === '[') return this.#list(token, depth);
    return token.kind === '{' ? this.#map(token, depth) : null;
  }

  #list({ start }: Token, depth: number): YamlNode | null {
    const items: YamlNode[] = [];
    for (let token = this.#next(); ; token = this.#next()) {
      if (token?.kind === ']' && items.length === 0) return { kind: 'list', start, end: token.end, items };
      const item = this.#value(token, depth + 1);
      if (item === null) return null;
      items.push(item);
      const after = this.#next();
      if (after?.kind === ']') return { kind: 'list', start, end: after.end, items };
      if (after?.kind !== ',') return null;
    }
  }

  #map({ start }: Token, depth: number): YamlNode | null {
    const entries = new Map<string, YamlEntry>();
    for (let token = this.#next(); ; token = this.#next()) {
      if (token?.kind === '}' && entries.size === 0) return { kind: 'map', start, end: token.end, flow: true, entries };
      if (token?.kind !== 'key' || token.text === '__proto__' || entries.has(token.text)) return null;
      const value = this.#value(this.#next(), depth + 1);
      if (value === null) return null;
      entries.set(token.text, { key: { start: token.start, end: token.end }, value });
      const after = this.#next();
      if (after?.kind === '}') return { kind: 'map', start, end: after.end, flow: true, entries };
      if (after?.kind !== ',') return null;
    }
  }
}

interface Token {
  /** A sign stands for itself. */
  readonly kind: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}
