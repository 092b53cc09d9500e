import type { ProvisionError } from '../errors.ts';

/** A private key or host-key file path is kept as written; `~` is expanded by the guest room. */
export interface Guest {
  /** Inventory name; `[user@]host[:port]` guests are named by that text. `local` is this machine. */
  readonly name: string;
  /** `openssh` is the ssh program of this machine. */
  readonly transport: 'ssh' | 'openssh' | 'local';
  readonly host: string;
  /** Undefined fields are filled from ssh_config, then from defaults (22, $USER). */
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles?: readonly string[];
  /** Hosts to jump through, `[user@]host[:port]` with commas between them, or `none`; over what ssh_config says. */
  readonly jump?: string;
  /** Commands run through sudo. */
  readonly become: boolean;
  /** Without `all` and `ungrouped`; of two that set the same, the later one wins. */
  readonly groups: readonly string[];
  /** Dotted profile path -> override, group vars first, guest vars last; each with its place. */
  readonly vars: readonly GuestVar[];
  /** Its value of the label that `--serial-by` names. */
  readonly serialGroup?: string;
  /** Where it was first written down; undefined for one of the command line. */
  readonly from?: { readonly file: string; readonly line?: number };
}

export interface GuestVar {
  readonly path: string;
  readonly value: unknown;
  /** `group desktops` or `guest vm1`. */
  readonly scope: string;
  readonly file: string;
  readonly line?: number;
}

/** The value of a guest's label; undefined: it has none of that name. */
export type Label = (name: string) => string | undefined;

/** A group as it is written down: what it names itself. */
export interface GroupNode {
  readonly children: readonly string[];
  readonly guests: readonly string[];
}

export interface Inventory {
  readonly guests: readonly Guest[];
  /** All guests of each group, those of its children too, in the order of its slices. `all` is not among them. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The groups below `all`, which is the first entry. */
  readonly tree: ReadonlyMap<string, GroupNode>;
  /** Why some guests cannot be used, by name. It matters once such a guest is chosen. */
  readonly problems: ReadonlyMap<string, readonly ProvisionError[]>;
  /**
   * What the inventory says about its guests beyond how they are reached: `labels` of our own format, variables of
   * Ansible's. Looked up by name, never listed, for there may be passwords among them.
   */
  readonly labels?: ReadonlyMap<string, Label>;
  /** What was passed over, one sentence each. */
  readonly notes: readonly string[];
}
