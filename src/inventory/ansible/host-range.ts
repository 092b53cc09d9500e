/** More hosts than that are a slip of the finger. */
const MAX_HOSTS = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

interface HostPattern {
  readonly names: readonly string[];
  readonly port?: number;
}

/**
 * The hosts that `web[01:50]`, `db-[a:f]`, `n[0:10:2]` or `web1:2222` stand for; every bracket counts for itself.
 * @returns text that says what is wrong with it
 */
export function expandHosts(pattern: string): HostPattern | string {
  const match = /^\[([^\]]+)\]:(\d{1,9})$/.exec(pattern) ?? /^((?:[^:[\]]|\[[^\]]*\])*):(\d{1,9})$/.exec(pattern);
  const [, bare = pattern, port] = match ?? [];
  if (port === undefined && pattern.endsWith(':')) return 'a port is missing after the colon';
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return `ports are 1 to 65535, not ${port}`;
  const names = expand(bare);
  if (typeof names === 'string') return names;
  return { names, ...(port === undefined ? {} : { port: Number(port) }) };
}

function expand(pattern: string): string[] | string {
  let names = [''];
  let rest = pattern;
  for (let open = rest.indexOf('['); open >= 0; open = rest.indexOf('[')) {
    const close = rest.indexOf(']', open);
    if (close < 0) return 'a bracket is not closed';
    const members = range(rest.slice(open + 1, close));
    if (typeof members === 'string') return members;
    const head = rest.slice(0, open);
    if (names.length * members.length > MAX_HOSTS) return `it stands for more than ${MAX_HOSTS} hosts`;
    names = names.flatMap((name) => members.map((member) => name + head + member));
    rest = rest.slice(close + 1);
  }
  return rest.includes(']') ? 'a bracket is closed that was not opened' : names.map((name) => name + rest);
}

function range(text: string): string[] | string {
  const [from = '', to, step = '1', ...more] = text.split(':');
  if (to === undefined || more.length > 0) return `a range is [from:to] or [from:to:step], not [${text}]`;
  if (to === '') return `the range [${text}] has no end`;
  if (!/^0*[1-9]\d{0,8}$/.test(step)) return `the step of [${text}] is no whole number above 0`;
  const begin = from === '' ? '0' : from;
  const letters = [begin, to].map((end) => (/^[a-zA-Z]$/.test(end) ? LETTERS.indexOf(end) : -1));
  const isLetters = letters.every((index) => index >= 0);
  if (!isLetters && ![begin, to].every((end) => /^\d{1,9}$/.test(end))) {
    return `the range [${text}] takes two numbers or two letters`;
  }
  const width = !isLetters && /^0\d/.test(begin) ? begin.length : 0;
  if (width > 0 && to.length !== width) return `both ends of [${text}] have to be padded alike`;
  const [first = 0, last = 0] = isLetters ? letters : [Number(begin), Number(to)];
  if (first > last) return `the range [${text}] begins after its end`;
  const count = Math.floor((last - first) / Number(step)) + 1;
  if (count > MAX_HOSTS) return `it stands for more than ${MAX_HOSTS} hosts`;
  return Array.from({ length: count }, (_, index) => {
    const value = first + index * Number(step);
    return isLetters ? (LETTERS[value] ?? '') : String(value).padStart(width, '0');
  });
}
