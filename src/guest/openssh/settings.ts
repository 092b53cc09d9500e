import { ProvisionError } from '../../errors.ts';
import type { Guest } from '../../inventory/guest.ts';
import type { Access } from '../access.ts';
import { jumpProxy, type Proxy } from '../proxy.ts';
import { runSsh } from './program.ts';

/** What is asked for: a guest, or a jump host by the name that it was given. */
export type Asked = Pick<Guest, 'name' | 'host' | 'port' | 'user' | 'identityFiles' | 'jump'>;

/** What ssh makes of its configuration for one host. */
export interface Settings {
  /** Arguments that name this host, for any ssh that has to do with it. */
  readonly args: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly jump: (Proxy & { kind: 'jump' }) | undefined;
  readonly proxyCommand: string | undefined;
  readonly strict: 'yes' | 'accept-new';
  readonly connectTimeoutMs: number;
}

const PATIENCE_MS = 10_000;

/**
 * Asks `ssh -G`, which reads the configuration as ssh will, `Match exec` and all.
 * @throws ProvisionError E_SSH_UNSUPPORTED with ssh's own words for a configuration that it refuses
 */
export async function sshSettings(asked: Asked, access: Access, guest: string): Promise<Settings> {
  const args = [
    ...(access.sshConfig === undefined ? [] : ['-F', access.sshConfig]),
    ...(asked.user === undefined ? [] : ['-l', asked.user]),
    ...(asked.port === undefined ? [] : ['-p', String(asked.port)]),
    ...(asked.identityFiles ?? []).flatMap((file) => ['-i', file]),
    ...(asked.jump === undefined ? [] : ['-o', `ProxyJump=${asked.jump}`]),
  ];
  const { exitCode, stdout, stderr } = await runSsh(access, ['-G', ...args, '--', asked.host], PATIENCE_MS);
  if (exitCode !== 0)
    throw new ProvisionError('E_SSH_UNSUPPORTED', `ssh refuses its configuration: ${lastLine(stderr)}`, {
      hint: 'correct ssh_config, or name another one with -F',
      where: { guest },
    });
  const lines = new Map(stdout.split('\n').map((line) => [word(line), line.slice(word(line).length + 1)]));
  const value = (keyword: string): string | undefined => {
    const text = lines.get(keyword);
    return text === undefined || text === 'none' ? undefined : text;
  };
  const [host, port, user] = [value('hostname') ?? asked.host, Number(value('port') ?? 22), value('user') ?? ''];
  const jump = value('proxyjump');
  const timeout = value('connecttimeout');
  return {
    args,
    host,
    port,
    user,
    jump:
      jump === undefined
        ? undefined
        : (jumpProxy(jump, { host, name: asked.host, port, user }, guest) as Settings['jump']),
    proxyCommand: value('proxycommand'),
    strict: strictness(value('stricthostkeychecking'), access.acceptNew),
    connectTimeoutMs: timeout === undefined ? access.around.connectTimeoutMs : Number(timeout) * 1000,
  };
}

/** A changed key is refused whatever the configuration says, so `no` counts as `accept-new`. */
function strictness(configured: string | undefined, acceptNew: boolean): Settings['strict'] {
  if (configured === 'true' || configured === 'yes') return 'yes';
  return acceptNew || configured !== 'ask' ? 'accept-new' : 'yes';
}

function word(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
