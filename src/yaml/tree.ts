/** A YAML value that remembers where it stands; offsets are into the text without its byte order mark. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface YamlScalar extends Span {
  readonly kind: 'scalar';
  /** Integers beyond 2^53 are their digits, as text, so that none is lost. */
  readonly value: string | number | boolean | null;
  /** A tag of its own, such as `!vault`; only where the dialect allows them. */
  readonly tag?: string;
}

export interface YamlList extends Span {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}

export interface YamlEntry {
  readonly key: Span;
  readonly value: YamlNode;
}

export interface YamlMap extends Span {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** The value without its places. */
export function plain(node: YamlNode): Plain {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** The node at a path, or the nearest one above it that exists. */
export function nodeAt(root: YamlNode, path: readonly PropertyKey[]): YamlNode {
  let node = root;
  for (const step of path) {
    const next: YamlNode | undefined =
      node.kind === 'map'
        ? node.entries.get(String(step))?.value
        : node.kind === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}
