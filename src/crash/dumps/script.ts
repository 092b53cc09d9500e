import { quote } from '../../shell.ts';

/** What a look at dumps is about. */
export interface DumpsWants {
  /** Only directories touched since then, seconds since the epoch by the guest's clock. */
  readonly since?: number;
  /** Decompress compressed dumps on the guest, to see whether they are whole. */
  readonly deep?: boolean;
}

/** The look as it goes over the wire: what is wanted, then templates/guest/dumps.sh. */
export function dumpsScript(template: string, { since, deep }: DumpsWants = {}): string {
  const seconds = since === undefined ? '' : String(Math.floor(since));
  return `SINCE=${quote(seconds)}\nDEEP=${deep === true ? 'yes' : "''"}\n${template}`;
}
