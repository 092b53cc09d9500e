import { ProvisionError, type ErrorCode } from '../../errors.ts';
import { Busy } from '../handshake.ts';
import { lastLine, type Settings } from './settings.ts';

interface Sign {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  readonly says: string;
  readonly hint: string;
}

const ADD_KEY = 'compare it, then add it with ssh-keyscan, or give --accept-new';
const KEYS_ONLY = 'check the user and the key; nothing is asked here: no password, and no passphrase but by an agent';

/** What ssh writes before it exits with 255, the telling line before what follows from it. */
const SIGNS: readonly Sign[] = [
  {
    code: 'E_HOST_KEY_REVOKED',
    pattern: /REVOKED HOST KEY DETECTED|host key .* is revoked/i,
    says: 'its host key is revoked',
    hint: 'do not connect until the guest has a new key',
  },
  {
    code: 'E_HOST_KEY_CHANGED',
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    says: 'its host key is not the one on record',
    hint: 'somebody may be in between; if it was installed anew, take the old key out with ssh-keygen -R',
  },
  {
    code: 'E_HOST_KEY_UNKNOWN',
    pattern: /No \S+ host key is known|Host key verification failed/i,
    says: 'its host key is not known',
    hint: ADD_KEY,
  },
  {
    code: 'E_AUTH',
    pattern: /Permission denied|Too many authentication failures|no more authentication methods/i,
    says: 'it did not let us in',
    hint: KEYS_ONLY,
  },
  {
    code: 'E_UNREACHABLE',
    pattern: /Could not resolve hostname/i,
    says: 'the name is not known',
    hint: 'check the spelling, or give an address',
  },
  {
    code: 'E_UNREACHABLE',
    pattern: /Stdio forwarding request failed/i,
    says: 'the jump host opens no connection there',
    hint: 'is the guest up and known there by this name, and does the jump host allow it (AllowTcpForwarding, PermitOpen)?',
  },
  {
    code: 'E_UNREACHABLE',
    pattern: /Connection refused/i,
    says: 'it refuses connections',
    hint: 'is sshd running there, on that port?',
  },
  {
    code: 'E_UNREACHABLE',
    pattern: /No route to host|Network is unreachable/i,
    says: 'there is no route to it',
    hint: 'is the guest up, and in a network of this machine?',
  },
  {
    code: 'E_TIMEOUT',
    pattern: /timed out/i,
    says: 'it does not answer',
    hint: 'is the guest up, and does a firewall drop packets?',
  },
  {
    code: 'E_SSH_UNSUPPORTED',
    pattern: /Unable to negotiate|no matching .* found/i,
    says: 'it and ssh have no algorithm in common',
    hint: 'see ssh_config(5) for what can be allowed',
  },
  {
    code: 'E_SSH_UNSUPPORTED',
    pattern: /Bad configuration option|bad configuration options|Bad owner or permissions|keyword .* extra arguments/i,
    says: 'ssh refuses its configuration',
    hint: 'correct ssh_config, or name another one with -F',
  },
];

const BUSY = /kex_exchange_identification|Connection (reset|closed)|Broken pipe|banner/i;

/** The error for an ssh that did not get through; Busy when the server may only be busy. */
export function sshFailure(guest: string, to: Settings, stderr: string): ProvisionError | Busy {
  const at = `${to.user}@${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`;
  const sign = SIGNS.find(({ pattern }) => pattern.test(stderr));
  const where = { guest };
  const cause = new Error(stderr.trim());
  if (sign !== undefined) {
    const line = stderr.split('\n').findLast((text) => sign.pattern.test(text)) ?? '';
    const failure = new ProvisionError(sign.code, `${at}: ${sign.says} (${line.trim()})`, {
      hint: sign.hint,
      where,
      cause,
    });
    // An overloaded server may have been slow.
    return /timed out during banner exchange/i.test(line) ? new Busy(failure, 1) : failure;
  }
  const failure = new ProvisionError('E_UNREACHABLE', `${at}: ${lastLine(stderr) || 'ssh ended without a word'}`, {
    hint: 'run ssh by hand to see more: ssh -v',
    where,
    cause,
  });
  return BUSY.test(stderr) ? new Busy(failure) : failure;
}

/** ssh took longer than it may. */
export function sshSilence(guest: string, to: Settings, stderr: string): ProvisionError {
  const said = lastLine(stderr);
  return new ProvisionError(
    'E_TIMEOUT',
    `${to.host}:${to.port} was not reached in ${to.connectTimeoutMs / 1000} s${said === '' ? '' : ` (${said})`}`,
    { hint: 'ConnectTimeout in ssh_config allows more time', where: { guest } },
  );
}
