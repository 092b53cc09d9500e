/** A shell function with the comment above it. */
interface ShellFunction {
  readonly name: string;
  readonly text: string;
}

/** Functions of a library that is written one function at a time, each beginning and ending in the first column. */
function functionsOf(library: string): ShellFunction[] {
  return [...library.matchAll(/^((?:#[^\n]*\n)*)([a-z_]+)\(\) \{(?:[^\n]*\}|\n[\s\S]*?\n\})$/gm)].map((match) => ({
    name: match[2] ?? '',
    text: match[0],
  }));
}

/**
 * Those functions of a library that a script calls, and those that they call, in the library's order. Functions that the
 * script has itself stay its own.
 */
export function calledFunctions(script: string, library: string): string {
  const own = new Set(functionsOf(script).map(({ name }) => name));
  const known = functionsOf(library).filter(({ name }) => !own.has(name));
  const taken = new Set<string>();
  const open = [script];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    // Any word could be a call: one function too many is harmless, one too few is not.
    const words = new Set<string>(text.replaceAll(/^[ \t]*#.*$/gm, '').match(/\b[a-z_]+\b/g));
    for (const each of known) {
      if (taken.has(each.name) || !words.has(each.name)) continue;
      taken.add(each.name);
      open.push(each.text);
    }
  }
  return known
    .filter(({ name }) => taken.has(name))
    .map(({ text }) => `${text}\n`)
    .join('\n');
}
