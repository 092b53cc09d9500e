import { loadQueue } from './redis/driver.ts';
import { connectEngine, type ConnectOptions, type RedisConnection } from './redis/connection.ts';
import type { EngineAddress } from './redis/address.ts';

/** A Redis, and the queue on top of it. */
export interface EngineLink extends RedisConnection {
  readonly bullmq: Awaited<ReturnType<typeof loadQueue>>;
}

/** @throws what `connectEngine` throws, E_ENGINE when a package is not installed */
export async function openEngine(address: EngineAddress, options: ConnectOptions): Promise<EngineLink> {
  const bullmq = await loadQueue();
  return { ...(await connectEngine(address, options)), bullmq };
}
