/** How one thing of this machine stands. `fail` keeps provision from its work, `warn` from a part of it. */
export interface Checked {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly found: string;
  /** What it is for, where it is not well. */
  readonly needed?: string;
  /** The command that mends it. */
  readonly mend?: string;
}
