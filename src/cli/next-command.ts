import { redactEngineUrl } from '../engine/redis/address.ts';
import { quote } from '../shell.ts';
import type { Invocation } from './program.ts';

/** Flags that the suggested command has to repeat to mean the same guests and the same settings. */
const REPEATED: readonly (readonly [name: string, flag: string])[] = [
  ['inventory', '-i'],
  ['limit', '-l'],
  ['user', '-u'],
  ['privateKey', '--private-key'],
  ['jump', '-J'],
  ['transport', '--transport'],
  ['sshConfig', '-F'],
  ['set', '--set'],
  ['skip', '--skip'],
  ['plan', '--plan'],
  ['canary', '--canary'],
  ['batch', '--batch'],
  ['pause', '--pause'],
  ['maxFailures', '--max-failures'],
  ['order', '--order'],
  ['serialBy', '--serial-by'],
  ['gateCommand', '--gate-command'],
  ['guestTimeout', '--guest-timeout'],
  ['stepTimeout', '--step-timeout'],
  ['forks', '--forks'],
  ['handshakes', '--handshakes'],
  ['runsDir', '--runs-dir'],
  ['engine', '--engine'],
  ['enginePasswordFile', '--engine-password-file'],
];
const SWITCHES: readonly (readonly [name: string, flag: string])[] = [
  ['become', '-b'],
  ['askBecomePass', '-K'],
  ['askPass', '-k'],
  ['adopt', '--adopt'],
  ['purge', '--purge'],
  ['yes', '--yes'],
  ['gate', '--gate'],
  ['reboot', '--reboot'],
];

/** The command to go on with, with the person's own words. */
export function nextCommand(command: string, { args, flags }: Omit<Invocation, 'leaving'>): string {
  const valued = REPEATED.flatMap(([name, flag]) => {
    const value = flags[name];
    const values = Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [];
    return values.flatMap((each) => [flag, quote(name === 'engine' ? redactEngineUrl(each) : each)]);
  });
  const switches = SWITCHES.flatMap(([name, flag]) => (flags[name] === true ? [flag] : []));
  return ['provision', command, ...args.map(quote), ...valued, ...switches].join(' ');
}

/** The same, to have a pending reboot done. */
export function rebootCommand(command: string, { args, flags, stopping }: Omit<Invocation, 'leaving'>): string {
  return nextCommand(command, { args, flags: { ...flags, reboot: true }, stopping });
}
