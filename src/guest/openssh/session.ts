import { ProvisionError } from '../../errors.ts';
import type { Guest } from '../../inventory/guest.ts';
import type { Access } from '../access.ts';
import { Busy, untilNotBusy } from '../handshake.ts';
import type { Ending } from '../script-failure.ts';
import { ScriptRun } from '../script-run.ts';
import type { GuestSession } from '../session.ts';
import { JumpHostFailed, type Lease } from '../shared-hosts.ts';
import { keepNothing, runInProcess } from '../shell-process.ts';
import { needsSudo } from '../sudo.ts';
import { Master } from './master.ts';
import { sshProgram } from './program.ts';
import { routeTo, type Route } from './route.ts';

interface Traffic {
  connections: number;
  retries: number;
}

/**
 * A guest through the ssh of this machine, for what provision does not speak itself: certificates, security keys,
 * GSSAPI. One connection, held by a master; every script is an ssh over it.
 * @throws ProvisionError that says why the guest cannot be reached
 */
export async function openOpensshSession(guest: Guest, access: Access): Promise<GuestSession> {
  const counters = { connections: 0, retries: 0, channels: 0, bytesSent: 0, bytesReceived: 0 };
  const [route, $] = await Promise.all([routeTo(guest, access, guest.name), sshProgram(access)]);
  const { master, jumpHost } = await reach(route, access, counters).catch((error: unknown) => {
    throw error instanceof JumpHostFailed ? error.for(guest.name) : error;
  });
  const become = needsSudo(guest, route.settings.user);
  return {
    guest,
    counters,
    runScript: async (script, options = {}) => {
      const run = new ScriptRun(guest, become, access.become, script, options);
      counters.channels += 1;
      const shell = $({ store: keepNothing() })`exec ssh ${master.args} -T -e none -- ${guest.host} ${run.commandLine}`;
      runInProcess(run, shell, counters, (ending) => endingOf(ending, route.hop, jumpHost));
      return run.result;
    },
    close: () => master.close(),
  };
}

/** 255 is what ssh says of itself. */
async function endingOf(ending: Ending, hop: Route | undefined, jumpHost: Master | undefined): Promise<Ending> {
  if (ending.code !== 255) return ending;
  const lost = hop === undefined || (await jumpHost?.alive()) === true ? undefined : goneText(hop.name);
  return { code: null, lost };
}

function goneText(jumpHost: string): string {
  return `the jump host ${jumpHost} is gone`;
}

interface Reached {
  readonly master: Master;
  readonly jumpHost: Master | undefined;
}

function reach(route: Route, access: Access, traffic: Traffic): Promise<Reached> {
  return untilNotBusy(
    () => tryOnce(route, access, traffic),
    () => {
      traffic.retries += 1;
    },
  );
}

/** The jump host is waited for outside of any limit: it may need a place within the same one. */
async function tryOnce({ name, host, settings, hop }: Route, access: Access, traffic: Traffic): Promise<Reached> {
  const open = (through?: Master): Promise<Master> => {
    traffic.connections += 1;
    return Master.open(name, host, settings, access, through);
  };
  if (hop === undefined) return { master: await access.handshakes(() => open()), jumpHost: undefined };
  const lease = await leaseOf(hop, access);
  const jumpHost = lease.host;
  try {
    const master = await lease.limit(() => open(jumpHost));
    master.onGone(lease.hold());
    return { master, jumpHost };
  } catch (error) {
    if (!(error instanceof Busy) || (await jumpHost.alive())) throw error;
    // Its end looks like the end of what went through it.
    await jumpHost.close();
    throw new Busy(new ProvisionError('E_UNREACHABLE', goneText(hop.name), { where: { guest: name }, cause: error }));
  } finally {
    lease.release();
  }
}

function leaseOf(hop: Route, access: Access): Promise<Lease<Master>> {
  return access.jumpMasters.lease(
    JSON.stringify(hop),
    hop.name,
    async () => (await reach(hop, access, { connections: 0, retries: 0 })).master,
  );
}
