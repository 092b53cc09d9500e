/** One line of a paste or log, without what loggers, mail programs and terminals put around it. */
export interface PlainLine {
  readonly text: string;
  /** `T123` or `C1` (printk's caller), or `C1` from another column with the CPU; empty without. Lines of one caller belong together. */
  readonly caller: string;
  /** The kernel's log stamped it: it is a line of a log, not of a bare stack. */
  readonly stamped: boolean;
}

const CONTROL = /[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]/;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]/g;
/** CSI and OSC sequences, and the short ones. */
const ANSI = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
/** Copied out of a web page's source. */
const ENTITIES = /&[lg]t;/g;
/** `> > ` of mails, `| ` of trackers and tables. */
const QUOTES = /^(?:\s{0,3}[>|\u2502]\s?)+/;
/** A log that is indented, in a comment, or in syslogd's message to all terminals. */
const SHIFTED =
  /^(?:#? *(?=\[ *\d+\.\d*\]|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d[ .]|\d{4}-\d\d-\d\d[T ]\d)|\s{0,8}kernel: ?)/;
/** printk's level on a serial console or in /proc/kmsg, and `dmesg -x`. */
const LEVEL = /^(?:<\d{1,3}>|kern +:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?)/;
/** `[  12.345678]`, with the CPU behind it on some vendors' kernels; `dmesg -T`, `-d`, `-e`. */
const STAMP =
  /^\[(?: *\d+\.\d*(?:[,@]\s?(\d+))?|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d \d{4}(?: <.{0,20}>)?|[A-Z][a-z]{2} ?[ \d]\d \d\d:\d\d| *\+\d+\.\d+| *<? *\d+\.\d+ ?(?:< *\d+\.\d+)?>?)\] ?/;
const CALLER = /^ {0,2}\[ *([TC]\d+)\] ?/;
/** Vendors' columns: `[1: Xorg: 1458]`, `(2)[1458:Xorg]`, `c1   1458 `, `0)`. */
const CPU_COLUMN = /^(?:\[(\d+): [^\]]{1,20}: *\d+\] ?|\((\d+)\)\[\d+:[^\]]{1,20}\] ?|c(\d) +\d+ |(\d)\)(?=\S))/;
const CLOCK = String.raw`(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?|(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?Z| ?[+-]\d\d:?\d\d| [A-Z]{2,5})?|\d{9,11}\.\d+)`;
/** syslog, journalctl in its short formats. */
const JOURNAL = new RegExp(String.raw`^${CLOCK} (?:[\w.:-]{1,255} )?(?:kernel|klogd)(?:\[\d+\])?: ?`);
/** A clock alone: `dmesg --time-format iso`, and consoles that are recorded. */
const CLOCK_ONLY = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?Z| ?[+-]\d\d:?\d\d)?:? /;
/** `journalctl -o short-monotonic` has the host after the stamp. */
const HOST = /^[\w.-]{1,255} kernel: ?/;

/** Takes one line out of its wrapping. Work is linear in the line, which the caller has cut. */
export function plainLine(raw: string): PlainLine {
  let text = CONTROL.test(raw) ? raw.replace(ANSI, '').replace(CONTROLS, '') : raw;
  if (text.includes('&')) text = text.replace(ENTITIES, (entity) => (entity === '&lt;' ? '<' : '>'));
  const first = text.charCodeAt(0);
  // Most lines of a log begin with their stamp: nothing but a clock can stand before it.
  if (first !== BRACKET) {
    text = text.replace(QUOTES, '').replace(SHIFTED, '').replace(LEVEL, '');
    const journal = text.replace(JOURNAL, '');
    if (journal.length === text.length) text = text.replace(CLOCK_ONLY, '').replace(LEVEL, '');
    else return afterStamp(journal.replace(LEVEL, ''), true);
  } else if (text[3] === ':' || text[5] === '-') text = text.replace(RECORDED, '').replace(LEVEL, '');
  return afterStamp(text, false);
}

const BRACKET = 0x5b;
/** What records a console puts its clock in brackets: `[2023-01-02 03:04:05.678] [   12.345678] `, or the time alone. */
const RECORDED = /^\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?Z| ?[+-]\d\d:?\d\d)?\] ?/;

function afterStamp(text: string, journal: boolean): PlainLine {
  const stamp = text.charCodeAt(0) === BRACKET ? STAMP.exec(text) : null;
  let rest = stamp === null ? text : text.slice(stamp[0].length);
  if (stamp === null && !journal) return { text: rest, caller: '', stamped: false };
  let caller = stamp?.[1] === undefined ? '' : `C${stamp[1]}`;
  const named = CALLER.exec(rest);
  if (named) {
    caller = named[1] ?? '';
    rest = rest.slice(named[0].length);
  } else {
    const column = CPU_COLUMN.exec(rest);
    if (column) {
      caller = `C${column.slice(1).find((cpu: string | undefined) => cpu !== undefined) ?? ''}`;
      rest = rest.slice(column[0].length);
    }
  }
  if (stamp !== null && !journal) rest = rest.replace(HOST, '');
  return { text: rest, caller, stamped: true };
}
