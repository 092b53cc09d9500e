import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { Event } from '../events.ts';

/** Bytes of JSON from which on packing is worth its time: a plan with its files, not a line of output. */
const PACKED_FROM = 2048;
/** No JSON begins with it. */
const PACKED = 0;

/** Events of guests as one entry of a run's talk. */
export function encodeTalk(events: readonly Event[]): Buffer {
  const plain = Buffer.from(JSON.stringify(events));
  if (plain.length < PACKED_FROM) return plain;
  return Buffer.concat([Buffer.of(PACKED), deflateRawSync(plain, { level: 1 })]);
}

/** @throws SyntaxError or zlib's error for what none of us has written */
export function decodeTalk(entry: Buffer): Event[] {
  const plain = entry[0] === PACKED ? inflateRawSync(entry.subarray(1)) : entry;
  return JSON.parse(plain.toString('utf8')) as Event[];
}
