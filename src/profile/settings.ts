import { ProvisionError, type Place } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import type { DesiredSysctl } from './desired.ts';
import { durationSeconds } from './duration.ts';
import { booleanTrap } from './fields.ts';
import type { Leaves } from './leaves.ts';
import { PANIC_EVENTS, SYSRQ_BITS, type ProfileValues } from './schema.ts';
import { checkSysctlAnywhere, isArmed, type SysctlCatalogue } from './sysctl-catalogue.ts';

interface Wanted {
  readonly key: string;
  readonly value: string;
  readonly path: string;
}

type SysctlValue = NonNullable<ProfileValues['sysctl']>[string];

/**
 * The sysctls that a profile's sections come to, sorted by key. A key may be said by a section and by `sysctl:` as long
 * as both agree.
 * @throws ProvisionError E_PROFILE out of range, refused, or said differently in two places
 */
export function settingsOf(values: ProfileValues, leaves: Leaves, catalogue: SysctlCatalogue): DesiredSysctl[] {
  const found = new Map<string, Wanted>();
  // The free map comes last, so that what it repeats is said to come from it.
  for (const wanted of [...sysrq(values), ...hungTask(values), ...panic(values), ...free(values, catalogue)]) {
    check(wanted, leaves, catalogue);
    const other = found.get(wanted.key);
    if (other !== undefined && other.value !== wanted.value) throw conflict(wanted, other, leaves);
    found.set(wanted.key, wanted);
  }
  return [...found.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((wanted) => ({ ...wanted, armed: isArmed(catalogue.get(wanted.key), wanted.key, wanted.value) }));
}

function sysrq({ sysrq: allowed }: ProfileValues): Wanted[] {
  if (allowed === undefined) return [];
  const bits = Array.isArray(allowed)
    ? allowed.reduce((mask, name) => mask | SYSRQ_BITS[name], 0)
    : allowed === 'all'
      ? 1
      : 0;
  return [{ key: 'kernel.sysrq', value: String(bits), path: 'sysrq' }];
}

function hungTask({ hung_task: section }: ProfileValues): Wanted[] {
  if (section === undefined || section === false) return [];
  const { panic: fatal, timeout, check_interval: interval, warnings, all_cpu_backtrace: backtrace } = section;
  const wanted = [
    ['panic', 'kernel.hung_task_panic', bit(fatal)],
    ['timeout', 'kernel.hung_task_timeout_secs', seconds(timeout)],
    ['check_interval', 'kernel.hung_task_check_interval_secs', seconds(interval)],
    ['warnings', 'kernel.hung_task_warnings', warnings === 'unlimited' ? -1 : warnings],
    ['all_cpu_backtrace', 'kernel.hung_task_all_cpu_backtrace', bit(backtrace)],
  ] as const;
  return wanted.flatMap(([name, key, value]) =>
    value === undefined ? [] : [{ key, value: String(value), path: `hung_task.${name}` }],
  );
}

function panic({ panic: section }: ProfileValues): Wanted[] {
  if (section === undefined || section === false) return [];
  const events = new Set(section.on ?? []);
  const wanted = [...events].map((event) => ({ key: PANIC_EVENTS[event], value: '1', path: 'panic.on' }));
  if (section.reboot_after === undefined) return wanted;
  // kernel.panic: 0 halts, below 0 reboots at once, above 0 waits so many seconds.
  const words: Readonly<Record<string, number>> = { never: 0, now: -1 };
  const value = words[section.reboot_after] ?? seconds(section.reboot_after);
  return [...wanted, { key: 'kernel.panic', value: String(value), path: 'panic.reboot_after' }];
}

function free({ sysctl }: ProfileValues, catalogue: SysctlCatalogue): Wanted[] {
  return Object.entries(sysctl ?? {}).map(([key, value]) => {
    const type = catalogue.get(key)?.ranges[0]?.type;
    return { key, value: sysctlText(value, type ?? 'text'), path: `sysctl.${key}` };
  });
}

function sysctlText(value: SysctlValue, type: 'integer' | 'text' | 'list'): string {
  if (Array.isArray(value)) return value.map((item) => sysctlText(item, type)).join(type === 'list' ? ',' : ' ');
  if (typeof value === 'boolean') return value ? '1' : '0';
  const text = String(value).trim();
  // The kernel prints decimal, whatever was written to it.
  return type === 'integer' && /^0x[0-9a-f]{1,16}$/i.test(text) ? String(BigInt(text)) : text;
}

function check({ key, value, path }: Wanted, leaves: Leaves, catalogue: SysctlCatalogue): void {
  const entry = catalogue.get(key);
  if (entry === undefined) return;
  const where = placeOf(path, leaves);
  if (entry.refuse !== undefined)
    throw new ProvisionError('E_PROFILE', `${key} is not set by profiles`, { hint: entry.refuse, where });
  const problem = checkSysctlAnywhere(entry, value);
  if (problem === null) return;
  throw new ProvisionError('E_PROFILE', `${key} ${problem}, not ${quoted(value)}${booleanTrap(value)}`, {
    hint: entry.effect,
    where,
  });
}

function conflict(wanted: Wanted, other: Wanted, leaves: Leaves): ProvisionError {
  const message = `${wanted.key} is ${wanted.value} by ${wanted.path} and ${other.value} by ${other.path}${at(other.path, leaves)}`;
  return new ProvisionError('E_PROFILE', message, {
    hint: 'say it in one place only',
    where: placeOf(wanted.path, leaves),
  });
}

function at(path: string, leaves: Leaves): string {
  const where = placeOf(path, leaves);
  return where && 'file' in where ? ` (${where.file}${where.line === undefined ? '' : `:${where.line}`})` : '';
}

function placeOf(path: string, leaves: Leaves): Place | undefined {
  return leaves.get(path)?.place();
}

function bit(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function seconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : (durationSeconds(text) ?? undefined);
}
