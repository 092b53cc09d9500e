/** A guest as the person typed it. */
export interface NewGuest {
  readonly name: string;
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Port, user and key come from ~/.ssh/config. */
  readonly fromSshConfig?: true;
}

const TARGET = /^(?:([^\s@:/]+)@)?(\[[0-9a-f:.%a-z]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?::(\d{1,5}))?$/i;

/** `[user@]host[:port]`, IPv6 in brackets; text that is none of it answers with what is wrong. */
export function parseTarget(text: string): NewGuest | string {
  const match = TARGET.exec(text);
  if (!match) return `${text} is not [user@]host[:port]`;
  const [, user, bracketed = '', port] = match;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return `${text}: ports are 1 to 65535`;
  const host = bracketed.replace(/^\[|\]$/g, '');
  return {
    name: host,
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined || port === '22' ? {} : { port: Number(port) }),
  };
}

/** Several targets in one answer: spaces and commas part them. */
export function splitTargets(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

/** Names that a pattern or a path could not be mistaken for, each one once; the same guest twice is one. */
export function uniqueGuests(guests: readonly NewGuest[]): NewGuest[] {
  const byName = new Map<string, NewGuest>();
  const seen = new Set<string>();
  for (const guest of guests) {
    const identity = JSON.stringify([guest.host, guest.port, guest.user]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const plain = guest.name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
    const candidates = [plain, `${plain}-${guest.port ?? 22}`, `${guest.user ?? 'guest'}-${plain}-${guest.port ?? 22}`];
    const name = candidates.find((candidate) => !byName.has(candidate)) ?? `${plain}-${byName.size}`;
    byName.set(name, { ...guest, name });
  }
  return [...byName.values()];
}
