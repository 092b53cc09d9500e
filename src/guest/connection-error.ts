import { ProvisionError, type ErrorCode } from '../errors.ts';
import { ProxyCommandEnded } from './proxy-command.ts';
import type { Target } from './target.ts';
import { JumpHostLost, NotForwarded } from './tunnel.ts';

/** RFC 4254, 5.1. */
const PROHIBITED = 1;
const RESOURCE_SHORTAGE = 4;

/** How far an attempt had come. */
export type Phase = 'dial' | 'banner' | 'exchange' | 'login';

/** What ssh2 and net put on their errors. */
export interface TransportError extends Error {
  readonly code?: string | number;
  readonly level?: string;
  readonly errors?: readonly Error[];
}

type Said = readonly [code: ErrorCode, message: string, hint?: string];

/** By errno, in the words of somebody who has to do something about it. */
const DIAL: Readonly<Record<string, (at: string, host: string) => Said>> = {
  ECONNREFUSED: (at) => ['E_UNREACHABLE', `${at} refuses connections`, 'is sshd running there, on that port?'],
  EHOSTUNREACH: (at) => ['E_UNREACHABLE', `no route to ${at}`, 'is the guest up, and in a network of this machine?'],
  ENETUNREACH: (at) => ['E_UNREACHABLE', `no route to ${at}`, 'this machine has no network that leads there'],
  ENOTFOUND: (_at, host) => [
    'E_UNREACHABLE',
    `the name ${host} is not known`,
    'check the spelling, or give an address',
  ],
  EAI_AGAIN: (_at, host) => [
    'E_UNREACHABLE',
    `the name ${host} cannot be looked up now`,
    'does name resolution work here?',
  ],
  ETIMEDOUT: (at) => ['E_TIMEOUT', `${at} does not answer`, 'is the guest up, and does a firewall drop packets?'],
  EMFILE: () => ['E_UNREACHABLE', 'too many open files on this machine', 'raise `ulimit -n`, or lower --forks'],
};

const SILENCE: Readonly<Record<Phase, string>> = {
  dial: 'does not answer',
  banner: 'accepts connections but sends no SSH banner',
  exchange: 'stopped answering in the key exchange',
  login: 'stopped answering in the login',
};

/** An attempt that took longer than it may. */
export function silence(target: Target, phase: Phase): ProvisionError {
  return located(target, [
    'E_TIMEOUT',
    `${addressOf(target)} ${SILENCE[phase]} (waited ${target.connectTimeoutMs / 1000} s)`,
    phase === 'dial'
      ? 'is the guest up, and does a firewall drop packets?'
      : 'the guest may hang or be overloaded; ConnectTimeout in ssh_config allows more time',
  ]);
}

/** The error for an attempt that ended before the login was done. */
export function connectionError(target: Target, phase: Phase, error: TransportError): ProvisionError {
  const at = addressOf(target);
  const between = betweenError(target, error);
  if (between) return located(target, between, error);
  const cause = error.errors?.[0] ?? error;
  const code = String(error.code ?? (cause as TransportError).code ?? '');
  const byErrno = phase === 'dial' ? DIAL[code]?.(at, target.host) : undefined;
  if (byErrno) return located(target, byErrno, error);
  if (/no matching (key exchange|host key|C->S|S->C|client|server)/i.test(error.message))
    return located(
      target,
      [
        'E_SSH_UNSUPPORTED',
        `${at} and provision have no algorithm in common: ${error.message.replace(/^Handshake failed: /, '')}`,
        'the SSH server is too old, or too new for what is built in: --transport openssh may have more',
      ],
      error,
    );
  if (isRetryable(phase, error))
    return located(
      target,
      [
        'E_UNREACHABLE',
        `${at} closes connections before the login`,
        'sshd may be at its MaxStartups, or a firewall or TCP wrapper closes them: lower --forks, or look at its log',
      ],
      error,
    );
  return located(target, ['E_UNREACHABLE', `${at}: ${error.message}`], error);
}

/** What stands between here and there did not let the connection through. */
function betweenError(target: Target, error: TransportError): Said | undefined {
  if (error instanceof JumpHostLost) return ['E_UNREACHABLE', error.message, 'run the command again once it is back'];
  if (error instanceof ProxyCommandEnded) {
    const line = target.way.kind === 'command' ? target.way.line : '';
    return ['E_UNREACHABLE', `the ProxyCommand ${error.message} (${line})`, 'run it by hand to see what it wants'];
  }
  if (!(error instanceof NotForwarded)) return undefined;
  const { jumpHost, reason } = error;
  if (reason === PROHIBITED)
    return [
      'E_UNREACHABLE',
      `the jump host ${jumpHost} does not forward to ${addressOf(target)}: administratively prohibited`,
      'AllowTcpForwarding, PermitOpen or the options of the key in authorized_keys forbid it there',
    ];
  return [
    'E_UNREACHABLE',
    `the jump host ${jumpHost} cannot reach ${addressOf(target)}: ${error.message}`,
    'is the guest up, and does the jump host know it by this name?',
  ];
}

/** Whether a server that is only busy would do this; past the key exchange nothing is tried again. */
export function isRetryable(phase: Phase, error: TransportError): boolean {
  if (phase === 'login' || error instanceof ProxyCommandEnded) return false;
  if (error instanceof NotForwarded) return error.reason === RESOURCE_SHORTAGE;
  // It may have been restarted; if it stays away, it is named.
  if (error instanceof JumpHostLost) return true;
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return true;
  if (phase === 'dial') return false;
  return /lost before handshake|identification|greeting|closed|banner|version/i.test(error.message);
}

function addressOf({ host, port, way }: Target): string {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return way.kind === 'jump' ? `${address} (behind ${way.hop.guest})` : address;
}

function located({ guest }: Target, [code, message, hint]: Said, cause?: unknown): ProvisionError {
  return new ProvisionError(code, message, { hint, where: { guest }, cause });
}
