import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import { jumpFromText } from '../inventory/target.ts';
import type { Flags } from './program.ts';

/** A flag's text; undefined when it was not given. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function listFlag(flags: Flags, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** `--skip kdump,trace` is `--skip kdump --skip trace`. */
export function skipFlag(flags: Flags): readonly string[] {
  return listFlag(flags, 'skip').flatMap((text) => text.split(','));
}

/** @throws ProvisionError E_USAGE for anything but a whole number of at least one */
export function countFlag(flags: Flags, name: string, fallback: number): number {
  const text = textFlag(flags, name);
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,4}$/.test(text)) {
    throw new ProvisionError('E_USAGE', `--${name} takes a number from 1 to 99999, not "${text}"`);
  }
  return Number(text);
}

/** `limit-rate` is `limitRate` to commander. */
function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Bytes a second, in the powers of 1024 of wget and curl: `5M`. @throws ProvisionError E_USAGE */
export function rateFlag(flags: Flags, name: string): number | undefined {
  const text = textFlag(flags, camelCase(name));
  if (text === undefined) return undefined;
  const match = /^([1-9]\d{0,8})([kmg]?)$/i.exec(text);
  if (!match) throw new ProvisionError('E_USAGE', `--${name} takes bytes a second such as 500K or 5M, not "${text}"`);
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase());
}

/** A duration in milliseconds; the name is as people type it. @throws ProvisionError E_USAGE */
export function durationFlag(flags: Flags, name: string, fallback: number): number {
  const text = textFlag(flags, camelCase(name));
  if (text === undefined) return fallback;
  const match = /^([1-9]\d{0,6})(ms|s|m|h)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (!match || unit === undefined) {
    throw new ProvisionError('E_USAGE', `--${name} takes a duration such as 60s or 5m, not "${text}"`);
  }
  return Number(match[1]) * unit;
}

/** Hosts to jump through, or `none`. @throws ProvisionError E_USAGE */
export function jumpFlag(flags: Flags): string | undefined {
  const text = textFlag(flags, 'jump');
  if (text !== undefined && jumpFromText(text) === null)
    throw new ProvisionError('E_USAGE', `--jump takes [user@]host[:port], several with commas, or none; not "${text}"`);
  return text;
}

/** What speaks SSH. @throws ProvisionError E_USAGE */
export function transportFlag(flags: Flags): Guest['transport'] | undefined {
  const text = textFlag(flags, 'transport');
  if (text === undefined || text === 'ssh' || text === 'openssh') return text;
  throw new ProvisionError('E_USAGE', `--transport takes ssh or openssh, not "${text}"`);
}
