import { connect, type Socket } from 'node:net';

import type { Target } from './target.ts';

/**
 * The stream that SSH is spoken over: the one place that knows how a guest is reached, for one that is reached through
 * others. Nagle's algorithm is off from the start: it costs tens of milliseconds per answer.
 */
export function dial({ host, port, addressFamily }: Target): Socket {
  return connect({
    host,
    port,
    noDelay: true,
    ...(addressFamily === undefined ? {} : { family: addressFamily }),
    // Node gives each address of a name 250 ms, which a far guest does not meet.
    autoSelectFamilyAttemptTimeout: 2500,
  });
}
