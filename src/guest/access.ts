import { homedir, userInfo } from 'node:os';

import pLimit, { type LimitFunction } from 'p-limit';

import type { JumpHost } from './jump-host.ts';
import { HostKeys, type UnknownHostKey } from './host-key.ts';
import { Keyring } from './keyring.ts';
import type { Secret } from './secret.ts';
import type { ConfigLine } from './ssh-config.ts';
import { loadSshConfig } from './ssh-config-file.ts';
import type { Master } from './openssh/master.ts';
import { SharedHosts } from './shared-hosts.ts';
import { BecomeGate } from './sudo.ts';
import type { Surroundings } from './target.ts';

/** Questions to a person; where there is none, the question's subject is refused with a hint. */
export interface Questions {
  /** The passphrase of a key file, or undefined when the person gives none. Asked once per key. */
  readonly passphrase?: (file: string) => Promise<Secret | undefined>;
  /** Which of these unknown keys the person accepts. Asked once for all guests that wait. */
  readonly hostKeys?: (keys: readonly UnknownHostKey[]) => Promise<readonly UnknownHostKey[]>;
}

export interface AccessOptions {
  /** `-F`: read this ssh_config and no other. */
  readonly sshConfig?: string | undefined;
  readonly password?: Secret | undefined;
  readonly becomePassword?: Secret | undefined;
  readonly acceptNew?: boolean | undefined;
  /** For guests whose ssh_config says nothing. */
  readonly connectTimeoutMs?: number | undefined;
  /** SSH handshakes at once. */
  readonly handshakes?: number | undefined;
  readonly ask?: Questions | undefined;
  /** Things worth a line that are no errors. */
  readonly note?: ((text: string) => void) | undefined;
  readonly home?: string | undefined;
  readonly localUser?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** All that is the same for every guest of a run; read and parsed once. */
export interface Access {
  readonly around: Surroundings;
  readonly config: readonly ConfigLine[];
  /** `-F`, for the ssh of this machine. */
  readonly sshConfig: string | undefined;
  readonly acceptNew: boolean;
  readonly keyring: Keyring;
  readonly hostKeys: HostKeys;
  readonly password: Secret | undefined;
  readonly become: BecomeGate | undefined;
  /** Handshakes with what is dialled from here; those through a jump host have a limit of their own. */
  readonly handshakes: LimitFunction;
  readonly jumpHosts: SharedHosts<JumpHost>;
  /** Of connections that are held by others and were found to lead nowhere: they are not tried again. */
  readonly deadControlPaths: Set<string>;
  /** The same for `--transport openssh`. */
  readonly jumpMasters: SharedHosts<Master>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** More than one default sshd lets in at once (MaxStartups 10:30:100): guests are different machines, and where they are
 * not, a refused handshake is tried again. */
const HANDSHAKES = 25;

/**
 * Reads the configuration and prepares what all guests share. Key files are read when the first guest needs them.
 * @throws ProvisionError for an ssh_config that cannot be read
 */
export function loadAccess(options: AccessOptions = {}): Access {
  const env = options.env ?? process.env;
  const home = options.home ?? homedir();
  const around = {
    home,
    env,
    localUser: options.localUser ?? userInfo().username,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  };
  return {
    around,
    config: loadSshConfig({ home, only: options.sshConfig }),
    sshConfig: options.sshConfig,
    acceptNew: options.acceptNew === true,
    keyring: new Keyring(options.ask?.passphrase),
    hostKeys: new HostKeys(options.acceptNew === true, options.ask?.hostKeys, options.note),
    password: options.password,
    become: options.becomePassword && new BecomeGate(options.becomePassword),
    handshakes: pLimit(options.handshakes ?? HANDSHAKES),
    jumpHosts: new SharedHosts(options.handshakes ?? HANDSHAKES),
    deadControlPaths: new Set(),
    jumpMasters: new SharedHosts(options.handshakes ?? HANDSHAKES),
  };
}

/** Ends what was shared: connections to jump hosts that were kept for the next guest. */
export async function closeAccess({ jumpHosts, jumpMasters }: Access): Promise<void> {
  await Promise.all([jumpHosts.close(), jumpMasters.close()]);
}
