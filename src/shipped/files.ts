import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../errno.ts';
import { ProvisionError, type ErrorCode } from '../errors.ts';

/** The package's root: two levels up from here both in src/ and in dist/. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAX_BYTES = 4_000_000;

/** Path of a file that comes with provision. */
export function shippedPath(relative: string): string {
  return ROOT + relative;
}

/** Names of the files in a folder that comes with provision, sorted. */
export function shippedNames(folder: string, suffix = ''): string[] {
  return readdirSync(shippedPath(folder))
    .filter((name) => name.endsWith(suffix))
    .sort();
}

/** Text of a file that comes with provision; that it is missing is a broken installation, not an error of the person's. */
export function shippedText(relative: string): string {
  return readFileSync(shippedPath(relative), 'utf8');
}

/**
 * Text of a file that a person named.
 * @param what what it should be, for the error: `profile`, `inventory`
 * @throws ProvisionError with `code`: missing, unreadable, a directory, too big, not UTF-8
 */
export function userText(path: string, what: string, code: ErrorCode): string {
  const where = { file: path };
  let bytes: Buffer;
  try {
    if (statSync(path).size > MAX_BYTES) {
      throw new ProvisionError(code, `${path} is too big for a ${what}`, { hint: 'is this the right file?', where });
    }
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    throw new ProvisionError(code, `cannot read the ${what} ${path}: ${reasonOf(cause)}`, {
      hint: 'check the path and its permissions',
      where,
      cause,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const error = { hint: 'save it as UTF-8 text', where: { ...where, line: 1, col: 1 }, cause };
    throw new ProvisionError(code, `${path} is not UTF-8 text`, error);
  }
}
