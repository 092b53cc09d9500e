import type { FrameLine } from './frame-line.ts';

const OUTWARDS_IN = /(?:->|\u2192|=>)/;
const NAME = String.raw`[A-Za-z_]\w*(?:\.\w+)*(?:\(\))?(?: \[[\w-]+\])?`;
const CHAIN = new RegExp(
  String.raw`(?<![\w.])${NAME}(?:\s+(?:->|=>|\u2192)\s+${NAME}){2,60}|(?<![\w.])${NAME}(?:\s+(?:<-|<=|\u2190)\s+${NAME}){2,60}`,
);
const BETWEEN = /\s+(?:[-=]>|<[-=]|\u2192|\u2190)\s+/;
const LEAST = 3;

/**
 * A call chain in prose: `drm_ioctl -> virtio_gpu_object_create -> flush_work`, or the other way round with `<-`.
 * @returns its frames, innermost first; null where there is none
 */
export function readCallChain(text: string): readonly FrameLine[] | null {
  const match = CHAIN.exec(text)?.[0];
  if (match === undefined) return null;
  const names = match.split(BETWEEN);
  // Prose has arrows, too; functions of the kernel mostly have an underscore.
  if (names.length < LEAST || names.filter((name) => name.includes('_')).length * 2 < names.length) return null;
  const frames = names.map(frameOf);
  return OUTWARDS_IN.test(match) ? frames.reverse() : frames;
}

/** The line ends in the middle of a chain: the next one belongs to it. */
export function goesOn(text: string): boolean {
  return /\w\S{0,3}\s+(?:[-=]>|<-|\u2192|\u2190)\s*$/.test(text);
}

function frameOf(part: string): FrameLine {
  const [, name = part, module = null] = /^(\w+)\S*(?: \[([\w-]+)\])?/.exec(part) ?? [];
  return { name, module, unsure: false, shape: 'name', number: null };
}
