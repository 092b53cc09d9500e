import { quote } from '../shell.ts';
import { LineSplitter } from './line-splitter.ts';

const PREAMBLE_LIMIT = 64 * 1024;
const HEADER_LIMIT = 512;
const NEWLINE = 0x0a;

/**
 * The text for a `sh -s`. The script is one quoted word for `eval`, inside of braces, so that a text which was cut off
 * on its way runs nothing. Frames are lines of their own with a nonce that no output can know; the newline before a
 * frame belongs to it. A frame's first word is `FRAME` too, for a script that gathers what it prints. The shell ends by
 * itself: its input may stay open, which keeps a channel able to carry a signal. The EXIT trap writes the end frame and is
 * therefore not the script's to set (outside of a subshell).
 */
export function wrapScript(script: string, nonce: string): string {
  return `set -u
umask 022
cd /
unset CDPATH ENV BASH_ENV LANGUAGE GREP_OPTIONS POSIXLY_CORRECT
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\${PATH:+:$PATH}
export LC_ALL PATH
FRAME='${nonce}'
section() { printf '\\n${nonce} section %s\\n' "$1"; }
raw() { printf '\\n${nonce} raw %s\\n' "$1"; }
trap 'printf "\\n${nonce} end %s\\n" "$?"' EXIT
{
printf '\\n${nonce} begin\\n'
eval ${quote(script)} </dev/null
exit
}
`;
}

/** Takes framed output apart, however it was cut into chunks on its way. */
export class FrameReader {
  readonly sections = new Map<string, Buffer>();
  /** The shell announced itself (sudo's way of starting it). */
  ready = false;
  /** The first stage could not get through sudo without a password. */
  asking = false;
  begun = false;
  exitCode: number | undefined;
  /** Bytes of a raw frame that are still to come. */
  rawLeft = 0;
  readonly #marker: Buffer;
  readonly #onLine: ((section: string, line: string) => void) | undefined;
  readonly #onRaw: ((chunk: Buffer) => void) | undefined;
  readonly #preamble: Buffer[] = [];
  #preambleSize = 0;
  #pending: Buffer = Buffer.alloc(0);
  #name = '';
  #chunks: Buffer[] = [];
  #lines: LineSplitter | undefined;

  constructor(nonce: string, onLine?: (section: string, line: string) => void, onRaw?: (chunk: Buffer) => void) {
    this.#marker = Buffer.from(`\n${nonce} `);
    this.#onLine = onLine;
    this.#onRaw = onRaw;
  }

  /** What the login shell printed before the script began. */
  get preamble(): string {
    return Buffer.concat(this.#preamble).toString('utf8').trim();
  }

  push(chunk: Buffer): void {
    if (this.exitCode !== undefined) return;
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.rawLeft > 0) rest = this.#takeRaw(rest);
      const at = rest.indexOf(this.#marker);
      if (at < 0) break;
      const from = at + this.#marker.length;
      const end = rest.indexOf(NEWLINE, from);
      if (end < 0 && rest.length - from < HEADER_LIMIT) {
        this.#data(rest.subarray(0, at));
        this.#pending = rest.subarray(at);
        return;
      }
      this.#data(rest.subarray(0, at));
      if (this.#frame(rest.toString('utf8', from, end < 0 ? rest.length : end))) return;
      rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
    }
    const held = this.#heldFrom(rest);
    this.#data(rest.subarray(0, held));
    this.#pending = rest.subarray(held);
    // Held back is a newline that may belong to a frame; either way it ends the line before it.
    if (held < rest.length) this.#lines?.newlineAhead();
  }

  /** A raw frame is measured, not searched: its bytes may be anything. Answers with what comes after it. */
  #takeRaw(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.rawLeft);
    this.rawLeft -= taken.length;
    if (taken.length > 0) this.#onRaw?.(taken);
    return bytes.subarray(taken.length);
  }

  /** Where a marker may begin whose rest is still to come. */
  #heldFrom(bytes: Buffer): number {
    for (let at = Math.max(0, bytes.length - this.#marker.length + 1); at < bytes.length; at++)
      if (bytes[at] === NEWLINE && this.#marker.subarray(0, bytes.length - at).equals(bytes.subarray(at))) return at;
    return bytes.length;
  }

  #data(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.begun) {
      this.#chunks.push(bytes);
      this.#lines?.push(bytes);
    } else if (this.#preambleSize < PREAMBLE_LIMIT) {
      this.#preamble.push(bytes);
      this.#preambleSize += bytes.length;
    }
  }

  /** Takes one frame's line; says whether it was the last. */
  #frame(header: string): boolean {
    const space = header.indexOf(' ');
    const verb = space < 0 ? header : header.slice(0, space);
    const subject = space < 0 ? '' : header.slice(space + 1);
    if (verb === 'ready') this.ready = true;
    else if (verb === 'ask') this.asking = true;
    else if (verb === 'begin') {
      this.begun = true;
      this.#open('');
    } else if (verb === 'section' && this.begun) {
      this.#close();
      this.#open(subject);
    } else if (verb === 'raw' && this.begun) {
      this.rawLeft = /^\d{1,15}$/.test(subject) ? Number(subject) : 0;
    } else if (verb === 'end' && this.begun) {
      this.#close();
      this.exitCode = Number.parseInt(subject, 10);
    }
    return this.exitCode !== undefined;
  }

  #open(name: string): void {
    this.#name = name;
    this.#chunks = [];
    this.#lines = this.#onLine && new LineSplitter((line) => this.#onLine?.(name, line));
  }

  #close(): void {
    this.#lines?.end();
    const before = this.sections.get(this.#name);
    // What is printed before the first section is not worth an entry when there is nothing.
    if (this.#name === '' && this.#chunks.length === 0 && before === undefined) return;
    this.sections.set(this.#name, Buffer.concat(before === undefined ? this.#chunks : [before, ...this.#chunks]));
  }
}
