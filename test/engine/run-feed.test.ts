import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { keysOf } from '../../src/engine/keys.ts';
import { encodeEntry, FIELD } from '../../src/engine/log.ts';
import { RunFeed } from '../../src/engine/run-feed.ts';
import { encodeTalk } from '../../src/engine/talk.ts';
import { startRedis, type TestRedis } from './support/redis.ts';

const GUESTS = 12_000;
const nameOf = (index: number): string => `g${index}`;
let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis({ port: redis.port, host: '127.0.0.1' });
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

it('a long log is read in parts, in its order; nobody is heard after their end', async () => {
  const { talk, log } = keysOf('long');
  const adding = client.pipeline();
  adding.xadd(log, '*', FIELD, encodeEntry({ kind: 'start' }));
  for (let index = 0; index < GUESTS; index += 1) {
    const guest = nameOf(index);
    if (index >= GUESTS - 2000) adding.xadd(talk, '*', FIELD, encodeTalk([{ kind: 'guest.begun', guest }]));
    adding.xadd(log, '*', FIELD, encodeEntry({ kind: 'ended', guest, end: { outcome: 'changed', changes: 1, ms: 1 } }));
  }
  await adding.exec();

  const feed = new RunFeed(client, 'long');
  const parts: number[] = [];
  const heard: string[] = [];
  for (;;) {
    const news = await feed.read(1);
    if (news.length === 0) break;
    parts.push(news.filter(({ kind }) => kind === 'log').length);
    for (const item of news) {
      if (item.kind === 'talk')
        heard.push(...item.events.flatMap((event) => (event.kind === 'guest.begun' ? [`${event.guest} begun`] : [])));
      else if (item.entry.kind === 'ended') heard.push(`${item.entry.guest} ended`);
    }
  }
  expect(parts).toEqual([5000, 5000, 2001]);
  const ended = heard.filter((line) => line.endsWith('ended'));
  expect(ended).toEqual(Array.from({ length: GUESTS }, (_, index) => `${nameOf(index)} ended`));
  const last = nameOf(GUESTS - 1);
  expect(heard.indexOf(`${last} begun`)).toBeLessThan(heard.indexOf(`${last} ended`));
});
