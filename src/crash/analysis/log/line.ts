/** One line of a kernel log, its stamps taken off. */
export interface LogLine {
  /** Seconds since boot; null where the log has none, or clock times instead. */
  readonly seconds: number | null;
  /** `T123` or `C1` with CONFIG_PRINTK_CALLER; empty without. Lines of one caller belong together. */
  readonly caller: string;
  readonly text: string;
}

const LINE = /^(?:<\d+>)?(?:\[(?:\s*(\d+\.\d+)|[^\]]*)\](?:\s?\[\s*([TC]\d+)\])?)?\s?(.*)$/s;
/** A log is a few hundred KB; a longer one is cut, not read for minutes. */
const MAX_LINES = 200_000;

/** `[  242.735562][   T37] INFO: ...`, also with a level in front, with clock times of `dmesg -T`, or bare. */
export function readLogLines(text: string): LogLine[] {
  return text.split(/\r?\n/, MAX_LINES).map((line) => {
    const [, seconds, caller = '', rest = ''] = LINE.exec(line) ?? [];
    return { seconds: seconds === undefined ? null : Number(seconds), caller, text: rest };
  });
}
