/** What compilers add when they split or specialise a function. */
const SUFFIXES = /(?:\.(?:isra|part|constprop|llvm)\.\d+|\.cold(?:\.\d+)?)+$/;
const OFFSET = /\+(?:0x[0-9a-f]+(?:\/0x[0-9a-f]+)?|\d+)$/i;

/**
 * A function as the source has it: without offset, module and compiler's suffixes.
 * @example functionName('finish_task_switch.isra.0+155') // 'finish_task_switch'
 */
export function functionName(text: string): string {
  return text
    .trim()
    .replace(/ \[[\w.-]+\]$/, '')
    .replace(OFFSET, '')
    .replace(SUFFIXES, '');
}
