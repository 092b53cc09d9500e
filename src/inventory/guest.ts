/** A private key or host-key file path is kept as written; `~` is expanded by the guest room. */
export interface Guest {
  /** Inventory name; `[user@]host[:port]` guests are named by that text. `local` is this machine. */
  readonly name: string;
  readonly transport: 'ssh' | 'local';
  readonly host: string;
  /** Undefined fields are filled from ssh_config, then from defaults (22, $USER). */
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles?: readonly string[];
  /** Reserved for the jump host of the inventory; resolved by the guest room. */
  readonly jump?: string;
  /** Commands run through sudo. */
  readonly become: boolean;
  readonly groups: readonly string[];
  /** Dotted profile path -> override, group vars first, guest vars last; each with its place. */
  readonly vars: readonly GuestVar[];
}

export interface GuestVar {
  readonly path: string;
  readonly value: unknown;
  /** `group desktops` or `guest vm1`. */
  readonly scope: string;
  readonly file: string;
  readonly line?: number;
}

export interface Inventory {
  readonly guests: readonly Guest[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
}
