import { isAlias, isMap, isScalar, isSeq, type Alias, type Pair, type ParsedNode, type Scalar } from 'yaml';
import { ProvisionError, type ErrorCode } from '../errors.ts';
import { MAX_ERRORS, quoted, type Places } from './place.ts';
import type { Dialect } from './read.ts';
import type { YamlEntry, YamlNode } from './tree.ts';

const MAX_DEPTH = 40;
/** Nodes that aliases may stand for, all together: far above any honest use, far below a bomb. */
const MAX_ALIASED: Readonly<Record<Dialect, number>> = { strict: 5_000, ansible: 200_000 };

/** Turns yaml's document into a tree of values with places, and gathers what it makes of them that a person would not expect. */
export function buildTree(
  contents: ParsedNode,
  places: Places,
  code: ErrorCode,
  dialect: Dialect,
): { root: YamlNode; problems: ProvisionError[] } {
  const builder = new Builder(places, code, dialect);
  return { root: builder.node(contents, 0), problems: builder.problems };
}

class Builder {
  readonly problems: ProvisionError[] = [];
  private readonly places: Places;
  private readonly code: ErrorCode;
  private readonly dialect: Dialect;
  private readonly anchors = new Map<string, ParsedNode>();
  private readonly open = new Set<ParsedNode>();
  private aliasDepth = 0;
  private aliased = 0;

  constructor(places: Places, code: ErrorCode, dialect: Dialect) {
    this.places = places;
    this.code = code;
    this.dialect = dialect;
  }

  node(node: ParsedNode, depth: number): YamlNode {
    const [start, end] = node.range;
    if (depth > MAX_DEPTH) return this.problem(start, end, 'it is nested too deeply', 'nothing here needs that depth');
    if (this.aliasDepth > 0 && ++this.aliased > MAX_ALIASED[this.dialect]) {
      return this.problem(start, end, 'its aliases stand for too many values', 'write the values out');
    }
    if (isAlias(node)) return this.alias(node, depth);
    if (node.anchor !== undefined && this.aliasDepth === 0) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node);
    this.open.add(node);
    const built = isSeq(node) ? this.list(node, depth) : this.map(node, depth);
    this.open.delete(node);
    return built;
  }

  private list(node: ParsedNode, depth: number): YamlNode {
    const [start, end] = node.range;
    const items = isSeq<ParsedNode>(node) ? node.items.map((item) => this.node(item, depth + 1)) : [];
    return { kind: 'list', start, end, items };
  }

  private map(node: ParsedNode, depth: number): YamlNode {
    const [start, end] = node.range;
    const entries = new Map<string, YamlEntry>();
    if (!isMap<ParsedNode, ParsedNode | null>(node)) return { kind: 'map', start, end, flow: false, entries };
    const merged: YamlNode[] = [];
    for (const pair of node.items) {
      const key = this.key(pair);
      if (key === null) continue;
      if (key.text === '<<' && this.dialect === 'ansible') {
        if (pair.value !== null) merged.push(this.node(pair.value, depth + 1));
        continue;
      }
      const known = entries.get(key.text);
      if (known) {
        const first = this.places.at(known.key.start).line;
        this.problem(
          key.start,
          key.end,
          `${quoted(key.text)} is here twice, first in line ${first}`,
          'keep one of them',
        );
        continue;
      }
      const value = pair.value === null ? nothing(key.end) : this.node(pair.value, depth + 1);
      entries.set(key.text, { key: { start: key.start, end: key.end }, value });
    }
    // What a merge brings never replaces what is written out; of several merges the first wins.
    for (const from of merged.flatMap((each) => (each.kind === 'list' ? each.items : [each]))) {
      if (from.kind !== 'map')
        this.problem(from.start, from.end, 'only a mapping can be merged', 'merge an alias of one');
      else for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', start, end, flow: node.flow === true, entries };
  }

  private key(pair: Pair<ParsedNode, ParsedNode | null>): { text: string; start: number; end: number } | null {
    const [start, end] = pair.key.range;
    if (!isScalar(pair.key)) {
      this.problem(start, end, 'a key is not plain text', 'put a key that begins with [, { or * in quotes');
      return null;
    }
    if (pair.key.anchor !== undefined) this.anchors.set(pair.key.anchor, pair.key);
    // As written: a guest that is called 007 or null keeps its name.
    const text = typeof pair.key.value === 'string' ? pair.key.value : pair.key.source;
    if (text === '<<' && this.dialect === 'strict') {
      this.problem(
        start,
        end,
        'merge keys (<<) are not in YAML 1.2',
        'use extends in a profile, vars of a group in an inventory',
      );
      return null;
    }
    if (text === '' || text === '__proto__') {
      this.problem(start, end, text === '' ? 'a key is empty' : '"__proto__" cannot be a key', 'give it a name');
      return null;
    }
    return { text, start, end };
  }

  private alias(node: Alias.Parsed, depth: number): YamlNode {
    const [start, end] = node.range;
    const target = this.anchors.get(node.source);
    if (target === undefined) {
      return this.problem(
        start,
        end,
        `no anchor &${quoted(node.source)} comes before this alias`,
        'put a value that begins with * in quotes',
      );
    }
    if (this.open.has(target))
      return this.problem(start, end, 'an alias stands inside what it stands for', 'write the values out');
    this.aliasDepth++;
    const built = this.node(target, depth + 1);
    this.aliasDepth--;
    return built;
  }

  private scalar(node: Scalar.Parsed): YamlNode {
    const [start, end] = node.range;
    const { value, source } = node;
    if (this.dialect === 'strict' && node.type === 'PLAIN' && /^[-+]?0\d+$/.test(source) && typeof value === 'bigint') {
      const octal = /^[-+]?0[0-7]+$/.test(source) ? `, 0o${source.replace(/^[-+]?0+/, '')} for octal` : '';
      this.problem(
        start,
        end,
        `${quoted(source)} begins with 0, and YAML 1.2 reads it as decimal`,
        `write ${String(value)} for decimal${octal}, or quotes for text`,
      );
    }
    const tag = node.tag?.startsWith('!') === true ? { tag: node.tag } : {};
    if (typeof value === 'bigint') {
      const number = Number(value);
      return { kind: 'scalar', start, end, value: Number.isSafeInteger(number) ? number : String(value), ...tag };
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return { kind: 'scalar', start, end, value, ...tag };
    }
    // A date, for instance.
    if (this.dialect === 'ansible') return { kind: 'scalar', start, end, value: source, ...tag };
    return this.problem(start, end, 'this value has a type of its own', 'write it as text in quotes');
  }

  private problem(start: number, end: number, message: string, hint: string): YamlNode {
    if (this.problems.length < MAX_ERRORS) {
      this.problems.push(new ProvisionError(this.code, message, { hint, where: this.places.place(start, end) }));
    }
    return nothing(start);
  }
}

function nothing(at: number): YamlNode {
  return { kind: 'scalar', start: at, end: at, value: null };
}
