import type { Redis } from 'ioredis';

/** Microseconds of the server's clock, the one that all machines of a run have in common: a whole number in decimal. */
export async function serverMicroseconds(redis: Redis): Promise<string> {
  const [seconds, micros] = await redis.time();
  return `${seconds}${String(micros).padStart(6, '0')}`;
}

/** The same in milliseconds. */
export async function serverMs(redis: Redis): Promise<number> {
  return Math.floor(Number(await serverMicroseconds(redis)) / 1000);
}
