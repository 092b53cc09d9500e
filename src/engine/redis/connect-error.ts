import { ProvisionError } from '../../errors.ts';
import { endpointOf, type EngineAddress } from './address.ts';
import { speaksRedis, speaksTls } from './other-end.ts';

interface Known {
  /** Of an error's code, or of Redis's own words. */
  readonly said: RegExp;
  readonly message: string;
  readonly hint: string;
  /** It may as well be that one end speaks TLS and the other does not. */
  readonly unsure?: true;
}

/** What a first connection can end with. The first that matches wins. */
const KNOWN: readonly Known[] = [
  {
    said: /ECONNREFUSED/,
    message: 'nothing listens there',
    hint: 'start one (apt-get install redis-server, see docs/redis.md), or check the address',
  },
  { said: /ENOTFOUND|EAI_AGAIN/, message: 'there is no host of this name', hint: 'check the address and the resolver' },
  {
    said: /EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/,
    message: 'there is no way to it from here',
    hint: 'check the address and the network',
  },
  {
    said: /ETIMEDOUT|timed out/,
    message: 'no answer in time',
    hint: 'check the address, and firewalls between here and there',
    unsure: true,
  },
  {
    said: /WRONGPASS|invalid password/,
    message: 'wrong user name or password',
    hint: 'set $PROVISION_ENGINE_PASSWORD or --engine-password-file; an ACL user is part of the address: redis://user@host',
  },
  {
    said: /NOAUTH/,
    message: 'it asks for a password, and none was given',
    hint: 'set $PROVISION_ENGINE_PASSWORD, or name --engine-password-file FILE',
  },
  {
    said: /NOPERM/,
    message: 'this user may not do what is needed there',
    hint: 'docs/redis.md has the ACL line for it',
  },
  {
    said: /DENIED/,
    message: 'it is in protected mode: without a password it talks to its own machine only',
    hint: 'give it a password, or reach it through an SSH tunnel (docs/redis.md)',
  },
  { said: /max number of clients/, message: 'it has too many clients', hint: 'redis-cli CONFIG SET maxclients 10000' },
  {
    said: /DB index is out of range/,
    message: 'it has no database of this number',
    hint: 'leave /N out of the address, or see redis-cli CONFIG GET databases',
  },
  {
    said: /ERR_TLS_CERT_ALTNAME_INVALID/,
    message: 'its certificate is for another name',
    hint: 'name the host as the certificate does, or add ?servername=NAME',
  },
  { said: /CERT_HAS_EXPIRED/, message: 'its certificate has expired', hint: 'renew it on the server' },
  {
    said: /CERT_NOT_YET_VALID/,
    message: 'its certificate is not valid yet',
    hint: 'check the clocks of both machines',
  },
  {
    said: /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED/,
    message: 'its certificate is of a CA that is not trusted here',
    hint: 'name the CA in the address: rediss://host?ca=/etc/ssl/redis-ca.pem',
  },
  {
    said: /CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN/i,
    message: 'it wants a certificate from this side, and has not got one that it trusts',
    hint: 'name one of its CA: rediss://host?ca=FILE&cert=FILE&key=FILE',
  },
  {
    said: /Unknown RESP type|Protocol error, got/,
    message: 'what answers there is no Redis',
    hint: 'check the port',
    unsure: true,
  },
  {
    said: /Connection is closed|ECONNRESET|EPIPE/,
    message: 'it closed the connection',
    hint: "is this a Redis, and may this machine talk to it? Redis's log may say more",
    unsure: true,
  },
];

/**
 * A first connection that failed, as an error with its remedy. Where the two ends may not speak the same, the other one is
 * asked, so that what is said of TLS is known and not guessed.
 * @param cause what the client said last; it may hold the password that was tried, so it is not handed on
 */
export async function connectError(cause: unknown, address: EngineAddress): Promise<ProvisionError> {
  const said = wordsOf(cause);
  const known: Omit<Known, 'said'> = KNOWN.find((entry) => entry.said.test(said)) ?? {
    message: said,
    hint: 'is this a Redis? docs/redis.md',
    unsure: true,
  };
  const { message, hint } = (known.unsure === true ? await mismatchOf(address) : null) ?? known;
  return new ProvisionError('E_ENGINE', `Redis at ${endpointOf(address)}: ${message}`, { hint });
}

async function mismatchOf(address: EngineAddress): Promise<{ message: string; hint: string } | null> {
  if (address.tls && (await speaksRedis(address)))
    return { message: 'it speaks no TLS on this port', hint: 'redis:// instead of rediss://, or its tls-port' };
  if (!address.tls && (await speaksTls(address)))
    return { message: 'it speaks TLS on this port', hint: 'rediss:// instead of redis://' };
  return null;
}

function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message.includes(code) ? cause.message : `${code} ${cause.message}`.trim();
}
