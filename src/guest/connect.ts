import type { Access } from './access.ts';
import { untilNotBusy } from './handshake.ts';
import { JumpHost } from './jump-host.ts';
import type { Lease } from './shared-hosts.ts';
import { attempt, type Connection, type Traffic } from './ssh-connect.ts';
import type { Target } from './target.ts';

/**
 * Reaches a target over whatever stands between, and logs in: a busy server is tried again, a question to a person is
 * put, and then it is tried anew. Neither a pause nor a question takes a place among the handshakes.
 * @throws ProvisionError, or JumpHostFailed when one of its jump hosts is what cannot be reached
 */
export function reach(target: Target, access: Access, traffic: Traffic): Promise<Connection> {
  return access.hostKeys.opening(async () => {
    for (;;) {
      const answer = await untilNotBusy(
        () => tryOnce(target, access, traffic),
        () => {
          traffic.retries += 1;
        },
      );
      if (!('kind' in answer)) return answer;
      if (answer.kind === 'host-key') await access.hostKeys.settle(target, answer.decision);
      else if (answer.kind === 'passphrase') await access.keyring.unlock(answer.locked);
    }
  });
}

/** The jump host is waited for outside of any limit: it may need a place within the same one. */
async function tryOnce(target: Target, access: Access, traffic: Traffic): ReturnType<typeof attempt> {
  if (target.way.kind !== 'jump')
    return access.handshakes(() => attempt(target, access, { traffic, jumpHost: undefined }));
  const jumpHost = await leaseOf(target.way.hop, access);
  try {
    return await jumpHost.limit(() => attempt(target, access, { traffic, jumpHost }));
  } finally {
    jumpHost.release();
  }
}

function leaseOf(hop: Target, access: Access): Promise<Lease<JumpHost>> {
  const open = async (): Promise<JumpHost> =>
    new JumpHost(hop.guest, await reach(hop, access, { connections: 0, retries: 0 }));
  return access.hostKeys.aside(access.jumpHosts.lease(JSON.stringify(hop), hop.guest, open));
}
