import { parseDocument, type Document } from 'yaml';
import { ProvisionError, ProvisionErrors, type ErrorCode, type ErrorDetails } from '../errors.ts';
import { buildTree } from './build.ts';
import { MAX_ERRORS, Places } from './place.ts';
import { readSimple } from './simple.ts';
import type { YamlList, YamlMap, YamlScalar } from './tree.ts';

/** Profiles and inventories are written by people; a thousand guests are about 100 kB. Ansible's are often generated. */
const MAX_FILE_CHARACTERS: Readonly<Record<Dialect, number>> = { strict: 1_000_000, ansible: 4_000_000 };

/**
 * `strict` is YAML 1.2 without its traps. `ansible` is what Ansible reads: YAML 1.1 with merge keys, tags of its own,
 * and files that may be empty.
 */
export type Dialect = 'strict' | 'ansible';

/** A file that is YAML with a mapping at its top. Problems do not stop the reading; they are thrown with what else is found. */
export interface YamlFile {
  readonly places: Places;
  readonly root: YamlMap;
  readonly code: ErrorCode;
  readonly problems: readonly ProvisionError[];
}

/** What yaml's own errors mean for the person who wrote the file. */
const SYNTAX: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  TAB_AS_INDENT: ['a tab indents this line', 'YAML is indented with spaces only'],
  MULTIPLE_DOCS: ['a second document begins here', 'one file holds one document: remove the --- or split the file'],
  BLOCK_AS_IMPLICIT_KEY: ['a mapping begins inside a value', 'put a value that contains ": " in quotes'],
  MULTILINE_IMPLICIT_KEY: ['a key goes on over several lines', 'is a colon missing after the key?'],
  FLOW_INDENT: ['a [ or { is not closed', 'close it, or indent what belongs to it'],
  BAD_INDENT: ['this line is indented differently from its neighbours', 'keys of one mapping begin in one column'],
  BAD_ALIAS: ['an alias has no name', 'put a value that begins with * in quotes'],
  BAD_DIRECTIVE: ['a directive is not understood', 'put a value that begins with % in quotes'],
  TAG_RESOLVE_FAILED: ['tags (!name) are not used here', 'put a value that begins with ! in quotes'],
  MISSING_CHAR: ['', 'is a quote, a bracket or a comma missing?'],
  BAD_SCALAR_START: ['', 'put the value in quotes'],
};

/**
 * Reads YAML text. A byte order mark and CRLF are accepted.
 * @throws ProvisionErrors with a place each: not text, not YAML, no mapping, too big
 */
export function readYaml(source: string, file: string, code: ErrorCode, dialect: Dialect = 'strict'): YamlFile {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const places = new Places(file, text);
  refuseOddText(places, code, MAX_FILE_CHARACTERS[dialect]);
  const simple = dialect === 'strict' ? readSimple(text) : null;
  return simple === null ? readWhole(places, code, dialect) : { places, root: simple, code, problems: [] };
}

/** Reads whatever YAML can be. @throws ProvisionErrors as `readYaml` does */
export function readWhole(places: Places, code: ErrorCode, dialect: Dialect): YamlFile {
  const document = compose(places, code, dialect);
  const warnings = dialect === 'strict' ? document.warnings : [];
  const found = [...document.errors, ...warnings].slice(0, 10 * MAX_ERRORS);
  // What follows from an error at its own place says nothing new.
  const firsts = found.filter(({ pos }, index) => found.findIndex((other) => other.pos[0] === pos[0]) === index);
  const errors = firsts.slice(0, MAX_ERRORS).map((error) => {
    const [message, hint] = syntax(error.code, error.message);
    const where = places.place(error.pos[0], error.pos[1]);
    return new ProvisionError(code, message === '' ? oneLine(error.message) : message, { hint, where });
  });
  throwAll(errors);
  if (document.contents === null) {
    if (dialect === 'strict') throw emptyFile(places, code);
    return { places, root: NOTHING, code, problems: [] };
  }
  const { root, problems } = buildTree(document.contents, places, code, dialect);
  if (
    dialect === 'strict' &&
    document.directives.yaml.explicit === true &&
    document.directives.yaml.version !== '1.2'
  ) {
    problems.push(
      new ProvisionError(code, 'files are read as YAML 1.2, whatever %YAML says', {
        hint: 'remove the %YAML line',
        where: places.place(0),
      }),
    );
  }
  if (root.kind === 'map') return { places, root, code, problems };
  throwAll(problems);
  const empty = root.kind === 'scalar' && root.value === null;
  if (empty && dialect === 'ansible') return { places, root: NOTHING, code, problems };
  throw empty ? emptyFile(places, code) : noMapping(places, code, root);
}

const NOTHING: YamlMap = { kind: 'map', start: 0, end: 0, flow: false, entries: new Map() };

/** Throws them as one when there are any, in the order of the file. */
export function throwAll(errors: readonly ProvisionError[]): void {
  const sorted = [...errors].sort((a, b) => position(a) - position(b));
  const [first, ...rest] = sorted;
  if (first !== undefined) throw new ProvisionErrors([first, ...rest.slice(0, MAX_ERRORS - 1)]);
}

function position({ where }: ProvisionError): number {
  return where && 'file' in where ? (where.line ?? 0) * 1e6 + (where.col ?? 0) : 0;
}

const TOO_DEEP = ['it is nested too deeply to be read', 'is this the right file?'] as const;

function syntax(code: string, message: string): readonly [message: string, hint: string] {
  if (message.startsWith('Maximum call stack')) return TOO_DEEP;
  const key = code === 'BAD_INDENT' && message.startsWith('Flow') ? 'FLOW_INDENT' : code;
  return SYNTAX[key] ?? ['', 'check the lines up to this place'];
}

function compose(places: Places, code: ErrorCode, dialect: Dialect): Document.Parsed {
  try {
    // Duplicate keys are looked for while the tree is built: yaml's own search is quadratic.
    const options = { intAsBigInt: true, prettyErrors: false, uniqueKeys: false, resolveKnownTags: false } as const;
    return parseDocument(places.text, {
      ...options,
      version: dialect === 'strict' ? '1.2' : '1.1',
      merge: dialect === 'ansible',
      logLevel: 'error',
    });
  } catch (cause) {
    const deep = cause instanceof RangeError;
    const [message, hint] = deep ? TOO_DEEP : ['it cannot be read as YAML', 'is this the right file?'];
    throw only(code, message, { hint, where: places.place(0), cause });
  }
}

/** @throws ProvisionErrors for text that is no text, or too long */
export function refuseOddText(places: Places, code: ErrorCode, most: number): void {
  const { text } = places;
  if (text.length > most) {
    throw only(code, `the file is bigger than ${most / 1e6} MB`, {
      hint: 'is this the right file?',
      where: { file: places.file, line: 1, col: 1 },
    });
  }
  const odd = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/.exec(text);
  if (!odd) return;
  const hex = odd[0].charCodeAt(0).toString(16).padStart(2, '0');
  throw only(code, `character 0x${hex} does not belong in a text file`, {
    hint: 'is this the right file, saved as UTF-8?',
    where: places.place(odd.index),
  });
}

function emptyFile(places: Places, code: ErrorCode): ProvisionErrors {
  const hint = code === 'E_PROFILE' ? 'a profile begins with apiVersion: provision/v1' : 'it needs at least one key';
  return only(code, 'the file is empty', { hint, where: places.place(0) });
}

function noMapping(places: Places, code: ErrorCode, root: YamlList | YamlScalar): ProvisionErrors {
  const message = `the file holds ${root.kind === 'list' ? 'a list' : 'a single value'}, not keys with values`;
  const where = places.place(root.start, root.end);
  return only(code, message, { hint: 'the top level is a mapping: name: value', where });
}

function only(code: ErrorCode, message: string, details: ErrorDetails): ProvisionErrors {
  return new ProvisionErrors([new ProvisionError(code, message, details)]);
}

function oneLine(message: string): string {
  const text = message.split('\n')[0] ?? '';
  return text.charAt(0).toLowerCase() + text.slice(1);
}
