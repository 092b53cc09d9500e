import type { Redis } from 'ioredis';

/** Whether the server is there to answer: to one that is away words would wait, for ever if need be. */
export function isThere({ status }: Pick<Redis, 'status'>): boolean {
  return status === 'ready';
}

/**
 * Says when a connection to a server that has answered before is lost and when it is back: one line each, however often it is tried in between. What Redis itself
 * answers meanwhile (a password that was changed) is said once.
 */
export function tellOfLosses(client: Redis, endpoint: string, note: (text: string) => void): { end(): void } {
  let ended = false;
  let lostAt: number | null = null;
  let reason = '';
  const said = new Set<string>();
  client.on('error', (error: Error) => {
    reason = error.message;
    if (ended || lostAt === null || error.name !== 'ReplyError' || said.has(reason)) return;
    said.add(reason);
    note(`Redis at ${endpoint} answers: ${reason}`);
  });
  client.on('ready', () => {
    reason = '';
    said.clear();
    if (lostAt === null) return;
    note(`Redis at ${endpoint} is back after ${Math.ceil((Date.now() - lostAt) / 1000)} s`);
    lostAt = null;
  });
  client.on('close', () => {
    if (ended || lostAt !== null) return;
    lostAt = Date.now();
    note(`Redis at ${endpoint} is lost${reason === '' ? '' : ` (${reason})`}; going on when it is back`);
  });
  return {
    end: () => {
      ended = true;
    },
  };
}
