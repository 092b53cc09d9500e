import type { Redis } from 'ioredis';

import { KEPT_SECONDS } from './keys.ts';
import { FIELD } from './log.ts';

/** So many entries of talk are kept at least. */
const TALK_KEPT = 2000;

/** Adds to the log for as long as the controller's lease is the caller's. KEYS lease, log; ARGV me, entry. */
const APPEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[2], '*', '${FIELD}', ARGV[2])
redis.call('EXPIRE', KEYS[2], ${KEPT_SECONDS})
return 1`;

/** Takes the lease, or keeps it, for so many milliseconds from now; asked twice it says the same. KEYS lease; ARGV me, ms. */
const TAKE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

/**
 * Tells how a guest ended, for as long as the job is this attempt's: one that was overtaken has nothing to tell.
 * BullMQ forgets jobs when others end, so the last ones of a run would be there for ever.
 * KEYS lock, job, talk, log; ARGV token, talk or '', entry.
 */
const END = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('XADD', KEYS[3], 'MAXLEN', '~', '${TALK_KEPT}', '*', '${FIELD}', ARGV[2]) end
redis.call('XADD', KEYS[4], '*', '${FIELD}', ARGV[3])
for i = 2, 4 do redis.call('EXPIRE', KEYS[i], ${KEPT_SECONDS}) end
return 1`;

type Answer = Promise<number>;

/** A connection that knows our scripts. */
export interface Scripted {
  provisionAppend(lease: string, log: string, me: string, entry: string): Answer;
  provisionTake(lease: string, me: string, ms: number): Answer;
  provisionRelease(lease: string, me: string): Answer;
  provisionEnd(
    ...keysAndArguments: [
      lock: string,
      job: string,
      talk: string,
      log: string,
      token: string,
      said: Buffer | string,
      entry: string,
    ]
  ): Answer;
}

export function withScripts(redis: Redis): Redis & Scripted {
  redis.defineCommand('provisionAppend', { numberOfKeys: 2, lua: APPEND });
  redis.defineCommand('provisionTake', { numberOfKeys: 1, lua: TAKE });
  redis.defineCommand('provisionRelease', { numberOfKeys: 1, lua: RELEASE });
  redis.defineCommand('provisionEnd', { numberOfKeys: 4, lua: END });
  return redis as Redis & Scripted;
}

/** Adds to the talk of a run; it is cut at its old end. */
export async function say(redis: Redis, talk: string, entry: Buffer): Promise<void> {
  await redis.xadd(talk, 'MAXLEN', '~', TALK_KEPT, '*', FIELD, entry);
}
