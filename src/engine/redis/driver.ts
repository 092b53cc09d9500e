import type * as bullmq from 'bullmq';
import type * as ioredis from 'ioredis';

import { ProvisionError } from '../../errors.ts';

/**
 * The client of Redis. Loaded only where an engine is named: it is no part of the bundle, so that it costs nothing elsewhere.
 * @throws ProvisionError E_ENGINE when the package is not installed
 */
export function loadRedis(): Promise<Pick<typeof ioredis, 'Redis'>> {
  return installed(() => import('ioredis'));
}

/** The queue on top of it. @throws ProvisionError E_ENGINE when the package is not installed */
export function loadQueue(): Promise<typeof bullmq> {
  return installed(() => import('bullmq'));
}

const MISSING = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

async function installed<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (!MISSING.has(code)) throw cause;
    throw new ProvisionError(
      'E_ENGINE',
      'the packages bullmq and ioredis are not installed, and an engine needs them',
      {
        hint: 'npm install bullmq ioredis, in the folder that provision is in; npm install provision brings them along',
        cause,
      },
    );
  }
}
