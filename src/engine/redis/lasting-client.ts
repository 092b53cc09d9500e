import type { Redis } from 'ioredis';

import { loadRedis } from './driver.ts';
import type { ClientOptions } from './client-options.ts';

/**
 * Opens connections that end when they are told to, at any time. Between two attempts to connect ioredis only forgets the
 * next one: nobody would hear of the end, and whoever waits for it, or for a command, would wait for ever. BullMQ makes
 * copies of the connection that it is given, and waits for their end: those are of the same kind.
 * @throws ProvisionError E_ENGINE when the package is not installed
 */
export async function lastingClients(): Promise<(options: ClientOptions) => Redis> {
  const driver = await loadRedis();
  class Lasting extends driver.Redis {
    override disconnect(reconnect = false): void {
      const between = this.status === 'reconnecting' && !reconnect;
      super.disconnect(reconnect);
      if (!between) return;
      // An attempt that is broken off is an end.
      this.connect().catch(() => undefined);
      super.disconnect();
    }

    override duplicate(changed: ClientOptions = {}): Redis {
      return new Lasting({ ...(this.options as ClientOptions), ...changed });
    }
  }
  return (options) => new Lasting(options);
}
