import { hostToText } from '../../inventory/target.ts';
import type { Access } from '../access.ts';
import { reachedThroughItself } from '../proxy.ts';
import { sshSettings, type Asked, type Settings } from './settings.ts';

/** A host, what ssh makes of its configuration, and the jump host that leads to it. */
export interface Route {
  readonly name: string;
  /** As ssh is to be asked for it. */
  readonly host: string;
  readonly settings: Settings;
  readonly hop: Route | undefined;
}

/**
 * Jump hosts are looked up as ssh does, but connected to from here: all guests can then use the same connection, and
 * what goes wrong there has a name.
 * @param towards the hosts that are reached through this one, the guest first
 * @throws ProvisionError E_UNREACHABLE for jump hosts that lead back to themselves, or what `sshSettings` throws
 */
export async function routeTo(
  asked: Asked,
  access: Access,
  guest: string,
  towards: readonly string[] = [],
): Promise<Route> {
  const settings = await sshSettings(asked, access, guest);
  const { user, host, port, jump } = settings;
  const self = `${user}@${host}:${port}`;
  if (towards.includes(self)) throw reachedThroughItself(asked.name, guest);
  const route = { name: asked.name, host: asked.host, settings };
  if (jump === undefined) return { ...route, hop: undefined };
  const { last, before } = jump;
  const hop = { name: hostToText(last), ...last, ...(before === undefined ? {} : { jump: before }) };
  return { ...route, hop: await routeTo(hop, access, guest, [...towards, self]) };
}
