import { Places, quoted } from '../../yaml/place.ts';
import { refuseOddText } from '../../yaml/read.ts';
import { didYouMean } from '../../yaml/suggest.ts';
import { textMark, type Mark } from '../mark.ts';
import type { Definitions, GroupDefinition, Variable } from './definitions.ts';
import { expandHosts } from './host-range.ts';
import { pythonLiteral } from './python-literal.ts';
import { setPort } from './port.ts';
import { splitWords } from './words.ts';

const MAX_CHARACTERS = 4_000_000;
const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/u;
const KINDS = ['hosts', 'children', 'vars'];

/** A group that a line names before, or without, there being one. */
interface Pending {
  readonly mark: Mark;
  readonly message: string;
  /** Those that it becomes a child of once there is one. */
  readonly parents: [GroupDefinition, Mark][];
}

/** Reads an inventory in Ansible's INI format. What is wrong is added to the errors of `into`. */
export function readIni(source: string, file: string, into: Definitions): void {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const places = new Places(file, text);
  refuseOddText(places, 'E_INVENTORY', MAX_CHARACTERS);
  new IniReader(places, into).read();
}

class IniReader {
  readonly #places: Places;
  readonly #into: Definitions;
  #group: GroupDefinition;
  #kind = 'hosts';
  readonly #pending = new Map<string, Pending>();

  constructor(places: Places, into: Definitions) {
    this.#places = places;
    this.#into = into;
    this.#group = into.ungrouped;
  }

  read(): void {
    const { text } = this.#places;
    for (let start = 0; start < text.length;) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      const raw = text.slice(start, end);
      const line = raw.trim();
      if (line !== '' && !/^[#;]/.test(line)) this.#line(line, start + raw.indexOf(line[0] ?? ''));
      start = end + 1;
    }
    const others = [...this.#into.groups.keys()].filter((each) => each !== 'ungrouped' && !this.#pending.has(each));
    for (const [name, { mark, message }] of this.#pending) {
      this.#into.error(`${message}${didYouMean(name, others)}`, `begin the group with a line [${name}]`, mark);
    }
  }

  #line(line: string, start: number): void {
    const mark = textMark(this.#places, start, start + line.length);
    const section = SECTION.exec(line);
    if (section) this.#section(section[1] ?? '', section[2] ?? 'hosts', mark);
    else if (/^\[[^\]]*\]?(?:\s*[#;].*)?$/.test(line)) {
      this.#into.error(
        `${quoted(line)} is no section`,
        'sections are [group], [group:children] and [group:vars]',
        mark,
      );
    } else if (this.#kind === 'hosts') this.#hosts(line, start);
    else if (this.#kind === 'children') this.#child(line, mark);
    else if (this.#kind === 'vars') this.#variable(line, start, mark);
  }

  #section(name: string, kind: string, mark: Mark): void {
    if (!KINDS.includes(kind)) {
      const message = `a section of the kind ${quoted(kind)} is not known${didYouMean(kind, KINDS)}`;
      this.#into.error(message, 'sections are [group], [group:children] and [group:vars]', mark);
    }
    this.#kind = kind;
    // What stands in such a section can mean anything.
    if (!KINDS.includes(kind)) return;
    if (kind === 'vars' && !this.#into.groups.has(name)) {
      this.#expect(name, mark, `[${name}:vars] is for a group that does not exist`);
    }
    this.#group = this.#into.group(name, mark);
    if (kind === 'vars') return;
    for (const [parent, at] of this.#pending.get(name)?.parents ?? []) this.#into.addChild(parent, this.#group, at);
    this.#pending.delete(name);
  }

  #expect(name: string, mark: Mark, message: string): Pending {
    const pending = this.#pending.get(name) ?? { mark, message, parents: [] };
    this.#pending.set(name, pending);
    return pending;
  }

  #child(line: string, mark: Mark): void {
    const [, name] = /^([^:\]\s]+)\s*(?:#.*)?$/u.exec(line) ?? [];
    if (name === undefined) {
      this.#into.error(`${quoted(line)} is no name of a group`, 'children are one group a line', mark);
      return;
    }
    const known = this.#into.groups.get(name);
    if (known) this.#into.addChild(this.#group, known, mark);
    else {
      const message = `group ${this.#group.name} has the child ${quoted(name)}, which is no group`;
      this.#expect(name, mark, message).parents.push([this.#group, mark]);
    }
  }

  #variable(line: string, start: number, mark: Mark): void {
    const equals = line.indexOf('=');
    const key = line.slice(0, Math.max(0, equals)).trim();
    if (key === '') {
      this.#into.error(`${quoted(line)} is no variable`, 'variables are key=value, one a line', mark);
      return;
    }
    const written = line.slice(equals + 1).trim();
    const at = start + line.length - line.slice(equals + 1).trimStart().length;
    this.#into.setGroup(this.#group, key, this.#value(written, at, start + line.length));
  }

  #hosts(line: string, start: number): void {
    const words = splitWords(line);
    if (!Array.isArray(words)) {
      this.#into.error(words.problem, 'put a value with blanks in quotes', textMark(this.#places, start + words.at));
      return;
    }
    const [first, ...settings] = words;
    if (first === undefined) return;
    const mark = textMark(this.#places, start + first.start, start + first.end);
    const found = expandHosts(first.text);
    if (typeof found === 'string') {
      this.#into.error(`${quoted(first.text)}: ${found}`, 'a line is a host or a range, then key=value', mark);
      return;
    }
    const variables: [string, Variable][] = [];
    for (const word of settings) {
      const equals = word.text.indexOf('=');
      if (equals > 0) {
        const at = start + word.start + Math.min(equals + 1, word.end - word.start - 1);
        variables.push([word.text.slice(0, equals), this.#value(word.text.slice(equals + 1), at, start + word.end)]);
      } else {
        const message = `${quoted(word.text)} is no key=value`;
        const where = textMark(this.#places, start + word.start, start + word.end);
        this.#into.error(message, 'after the host come key=value pairs, one host a line', where);
      }
    }
    for (const name of found.names) {
      const isNew = !this.#into.hosts.has(name);
      const host = this.#into.host(name, this.#group, mark);
      if (found.port !== undefined) setPort(this.#into, host, found.port, isNew, mark);
      for (const [key, variable] of variables) this.#into.set(host, key, variable);
    }
  }

  #value(text: string, start: number, end: number): Variable {
    const literal = pythonLiteral(text);
    const mark = textMark(this.#places, start, Math.max(end, start + 1));
    return { value: literal === undefined ? text : literal, text, mark };
  }
}
