import type { Event } from '../events.ts';
import { escapeJson } from './escape.ts';

/** Version of the lines' schema, docs/events.md. Fields are added under it; a removal or a new meaning raises it. */
const NDJSON_VERSION = 1;

/** One event as one line of JSON, without the newline. */
export function toNdjson(event: Event, time: Date): string {
  return escapeJson(JSON.stringify({ v: NDJSON_VERSION, time: time.toISOString(), ...event }));
}
