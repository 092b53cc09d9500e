import type { ProvisionError } from '../errors.ts';
import type { Guest, GroupNode, Inventory } from '../inventory/guest.ts';
import { padding, textWidth } from './cells.ts';
import { escapeControl, escapeJson } from './escape.ts';

const HEADINGS = ['GUEST', 'ADDRESS', 'USER', 'BECOME', 'GROUPS', 'SETTINGS', 'FROM'] as const;

/** Guests as a table: how each is reached, and what the inventory overrides for it. `-` is left to ssh_config. */
export function formatGuests(guests: readonly Guest[]): string {
  const rows = [HEADINGS, ...guests.map((guest) => rowOf(guest).map(escapeControl))];
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? '')), 0),
  );
  const line = (row: readonly string[]): string =>
    row.map((value, column) => value + padding(value, widths[column] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function rowOf(guest: Guest): string[] {
  const { name, user, become, groups } = guest;
  const from = guest.from === undefined ? '-' : [guest.from.file, guest.from.line].filter(isGiven).join(':');
  return [
    name,
    addressOf(guest),
    user ?? '-',
    become ? 'sudo' : '-',
    groups.join(',') || '-',
    settingsOf(guest).join(' ') || '-',
    from,
  ];
}

function addressOf({ transport, host, port, jump }: Guest): string {
  if (transport === 'local') return 'local';
  const address = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return jump === undefined ? address : `${address} via ${jump}`;
}

/** Of one path only the last value counts. */
function settingsOf({ vars }: Guest): string[] {
  const last = new Map(vars.map(({ path, value }) => [path, value]));
  return [...last].map(([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
}

/** The same for machines; guests that cannot be used say why. */
export function formatGuestsJson(guests: readonly Guest[], { problems, notes }: Inventory): string {
  const all = guests.map((guest) => {
    const wrong = problems.get(guest.name);
    return wrong === undefined ? guest : { ...guest, problems: wrong.map(problemOf) };
  });
  return `${escapeJson(JSON.stringify({ guests: all, notes }))}\n`;
}

function problemOf({ message, hint, where }: ProvisionError): object {
  const place = where && 'file' in where ? { file: where.file, line: where.line } : {};
  return { message, hint, ...place };
}

/** The groups as a tree, as `ansible-inventory --graph` draws it, with those guests that were chosen. */
export function formatGraph({ tree }: Inventory, chosen: ReadonlySet<string>): string {
  const lines: string[] = [];
  const shown = new Set<string>();
  const open = [{ name: 'all', depth: 0, guest: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name, depth, guest } = next;
    const prefix = depth === 0 ? '' : `${'  |'.repeat(depth)}--`;
    // A group below several others is written out once.
    const again = !guest && shown.has(name);
    lines.push(`${prefix}${guest ? name : `@${name}:${again ? ' as above' : ''}`}`);
    if (guest || again) continue;
    shown.add(name);
    const { children, guests } = tree.get(name) ?? NOTHING;
    const below = [
      ...children.map((child) => ({ name: child, depth: depth + 1, guest: false })),
      ...guests
        .filter((each) => chosen.has(each) && !(name === 'all' && children.includes('ungrouped')))
        .map((each) => ({ name: each, depth: depth + 1, guest: true })),
    ];
    open.push(...below.reverse());
  }
  return lines.map((line) => `${escapeControl(line)}\n`).join('');
}

const NOTHING: GroupNode = { children: [], guests: [] };

/** The same for machines: of each group the groups and guests that it names itself. */
export function formatGraphJson({ tree }: Inventory, chosen: ReadonlySet<string>): string {
  const groups = [...tree].map(([name, { children, guests }]) => {
    return [name, { children, guests: guests.filter((guest) => chosen.has(guest)) }] as const;
  });
  return `${escapeJson(JSON.stringify(Object.fromEntries(groups)))}\n`;
}

function isGiven<T>(value: T | undefined): value is T {
  return value !== undefined;
}
