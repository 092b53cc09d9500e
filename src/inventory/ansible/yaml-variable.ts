import { spanOf } from '../../yaml/check.ts';
import type { YamlFile } from '../../yaml/read.ts';
import { plain, type YamlNode } from '../../yaml/tree.ts';
import { textMark } from '../mark.ts';
import type { Variable } from './definitions.ts';

/** A variable of a YAML file. */
export function yamlVariable({ places }: YamlFile, node: YamlNode): Variable {
  return {
    value: plain(node),
    ...(isSealed(node) ? { sealed: true } : {}),
    mark: textMark(places, node.start, node.end),
    part: (steps, onKey) => {
      const { start, end } = spanOf(node, steps, onKey);
      return places.place(start, end);
    },
    line: (steps) => places.at(spanOf(node, steps, false).start).line,
  };
}

/** Whether ansible-vault holds the value, or a part of it. */
function isSealed(node: YamlNode): boolean {
  if (node.kind === 'scalar') return node.tag === '!vault' || node.tag === '!vault-encrypted';
  return node.kind === 'list'
    ? node.items.some(isSealed)
    : [...node.entries.values()].some(({ value }) => isSealed(value));
}
