/** Control, format (bidi overrides, zero width) and separator characters, and halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/**
 * Makes text that came from a guest safe for a terminal: whatever could move the cursor, recolour, retitle or reorder
 * is written out visibly, so that a guest cannot draw on the screen of the person who looks at it.
 * @example escapeControl('\u001b[31mred') // '\\e[31mred'
 */
export function escapeControl(text: string): string {
  return text.replace(INVISIBLE, (char) => NAMED[char] ?? escaped(char.codePointAt(0) ?? 0));
}

/** The same for file content, where a tab is content and harmless. */
export function escapeContent(text: string): string {
  return text.split('\t').map(escapeControl).join('\t');
}

/** JSON text in which nothing invisible is left raw; it parses to the same value. */
export function escapeJson(json: string): string {
  return json.replace(INVISIBLE, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${hex(char.charCodeAt(i), 4)}`).join(''),
  );
}

function escaped(code: number): string {
  return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
