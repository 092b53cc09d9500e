import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { gatherWrites } from './gather-writes.ts';
import type { JumpHost } from './jump-host.ts';
import { ProxyCommand } from './proxy-command.ts';
import { sharedReads } from './shared-reads.ts';
import type { Lease } from './shared-hosts.ts';
import type { Target } from './target.ts';

/** A stream that SSH is spoken over. */
export interface Wire extends Duplex {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/**
 * The stream that SSH is spoken over: the one place that knows how a target is reached.
 * @param jumpHost the target's last jump host, if there is one
 */
export function dial(target: Target, jumpHost: Lease<JumpHost> | undefined, env: NodeJS.ProcessEnv): Wire {
  const { host, port, way, addressFamily } = target;
  if (jumpHost !== undefined) return jumpHost.host.tunnel(host, port).once('close', jumpHost.hold());
  if (way.kind === 'command') return new ProxyCommand(way.line, env);
  const socket: Socket = gatherWrites(
    connect({
      host,
      port,
      // Nagle's algorithm costs tens of milliseconds per answer.
      noDelay: true,
      ...(addressFamily === undefined ? {} : { family: addressFamily }),
      // Node gives each address of a name 250 ms, which a far guest does not meet.
      autoSelectFamilyAttemptTimeout: 2500,
      ...sharedReads(() => socket),
    }),
  );
  return socket;
}
