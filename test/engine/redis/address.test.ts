import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  endpointOf,
  formatEngineUrl,
  parseEngineUrl,
  redactEngineUrl,
  type EngineAddress,
} from '../../../src/engine/redis/address.ts';
import { ProvisionError } from '../../../src/errors.ts';

const revealed = (text: string): Record<string, unknown> => {
  const { password, ...rest } = parseEngineUrl(text);
  return { ...rest, ...(password === undefined ? {} : { password: password.reveal() }) };
};
const plain = { tls: false, port: 6379, db: 0 };

describe('the address of an engine', () => {
  it.each([
    ['redis://queue', { ...plain, host: 'queue' }],
    ['REDIS://queue.example.net', { ...plain, host: 'queue.example.net' }],
    ['redis://queue:7000/3', { ...plain, host: 'queue', port: 7000, db: 3 }],
    ['redis://queue/', { ...plain, host: 'queue' }],
    ['redis://127.0.0.1', { ...plain, host: '127.0.0.1' }],
    ['redis://[2001:DB8::1]:7000', { ...plain, host: '2001:db8::1', port: 7000 }],
    ['redis://[::1]', { ...plain, host: '::1' }],
    ['redis://app@queue', { ...plain, host: 'queue', user: 'app' }],
    ['redis://:secret@queue', { ...plain, host: 'queue', password: 'secret' }],
    ['redis://app:secret@queue', { ...plain, host: 'queue', user: 'app', password: 'secret' }],
    ['redis://app:@queue', { ...plain, host: 'queue', user: 'app' }],
    [
      'redis://a%40b:p%3A%2F%3F%23%40%25%20%C3%A9@queue',
      { ...plain, host: 'queue', user: 'a@b', password: 'p:/?#@% é' },
    ],
    ['redis://app:a@b@queue', { ...plain, host: 'queue', user: 'app', password: 'a@b' }],
    ['redis://app:a+b@queue', { ...plain, host: 'queue', user: 'app', password: 'a+b' }],
    ['rediss://queue', { ...plain, tls: true, host: 'queue' }],
    ['rediss://queue?ca=/etc/ssl/my%20ca+1.pem', { ...plain, tls: true, host: 'queue', ca: '/etc/ssl/my ca+1.pem' }],
    [
      'rediss://queue/1?cert=c.pem&key=k.pem&servername=redis.example',
      { ...plain, tls: true, host: 'queue', db: 1, cert: 'c.pem', key: 'k.pem', servername: 'redis.example' },
    ],
  ])('%s', (text, expected) => expect(revealed(text)).toEqual(expected));

  it.each([
    ['', /does not begin with redis:/],
    ['queue:6379', /does not begin with redis:/],
    ['http://queue', /does not begin with redis:/],
    ['redis:queue', /does not begin with redis:/],
    ['unix:///run/redis.sock', /does not begin with redis:/],
    ['redis://', /names no host/],
    ['redis://:6379', /cannot be read/],
    ['redis:///0', /names no host/],
    ['redis://que ue', /a space or a control character/],
    ['redis://queue\n', /a space or a control character/],
    ['redis://queue:0', /port is 0/],
    ['redis://queue:65536', /cannot be read/],
    ['redis://queue:secret', /cannot be read/],
    ['redis://::1', /cannot be read/],
    ['redis://[::1', /cannot be read/],
    ['redis://que%20ue', /no name and no IP address/],
    ['redis://queue/db', /number of a database/],
    ['redis://queue/1/2', /number of a database/],
    ['redis://queue/-1', /number of a database/],
    ['redis://queue#0', /a # in it/],
    ['redis://app:100%@queue', /the % in its password/],
    ['redis://a%zz@queue', /the % in its user name/],
    ['redis://queue?db=1', /takes ca, cert, key, servername/],
    ['redis://queue?ca=a.pem', /for rediss:/],
    ['rediss://queue?ca=', /ca is empty/],
    ['rediss://queue?ca=a&ca=b', /ca is there twice/],
    ['rediss://queue?cert=a', /cert and key come together/],
    ['rediss://queue?key=a', /cert and key come together/],
  ])('%j is none', (text, message) => {
    expect(() => parseEngineUrl(text)).toThrow(message);
    expect(redactEngineUrl(text)).toBe('[redacted]');
  });

  it('is shown without its password, and with all the rest', () => {
    expect(redactEngineUrl('rediss://app:secret@[::1]:7000/2?ca=/a+b/c%26d.pem')).toBe(
      'rediss://app@[::1]:7000/2?ca=/a%2Bb/c%26d.pem',
    );
    expect(redactEngineUrl('redis://:secret@queue')).toBe('redis://queue:6379');
    expect(endpointOf(parseEngineUrl('redis://[::1]'))).toBe('[::1]:6379');
  });
});

/** Letters of which nothing else of an address consists, so that finding one means finding the password. */
const password = fc
  .array(fc.constantFrom('Ω', 'Ж', '@', '/', ':', '?', '#', '%', '%41', ' ', '+', '&', '[', '\\', "'", '"'), {
    minLength: 1,
  })
  .map((parts) => `Ж${parts.join('')}Ω`);
const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/);
const text = fc.string({ minLength: 1, unit: 'grapheme' });
const address: fc.Arbitrary<EngineAddress> = fc
  .record(
    {
      tls: fc.constant(true),
      host: fc.oneof(
        name,
        fc.ipV4(),
        fc.ipV6().map((ip) => new URL(`redis://[${ip}]`).hostname.slice(1, -1)),
      ),
      port: fc.integer({ min: 1, max: 65_535 }),
      db: fc.integer({ min: 0, max: 999_999 }),
      user: text,
      ca: text,
      pair: fc.tuple(text, text),
      servername: name,
    },
    { requiredKeys: ['tls', 'host', 'port', 'db'] },
  )
  .map(({ pair, ...rest }) => ({ ...rest, ...(pair === undefined ? {} : { cert: pair[0], key: pair[1] }) }));
const shown = (error: unknown): string =>
  error instanceof ProvisionError ? `${error.message} ${error.hint ?? ''} ${String(error.cause)}` : String(error);

describe('any address', () => {
  it('is the same when it is written and read again', () => {
    fc.assert(
      fc.property(address, (made) => {
        expect(parseEngineUrl(formatEngineUrl(made))).toEqual(made);
      }),
    );
  });

  it('keeps its password when it is encoded, and its redacted form has all but that', () => {
    fc.assert(
      fc.property(address, password, (made, secret) => {
        const url = formatEngineUrl(made).replace(
          /^(rediss:\/\/)(?:([^@]*)@)?/,
          (_all, scheme: string, user: string | undefined) => `${scheme}${user ?? ''}:${encodeURIComponent(secret)}@`,
        );
        const { password: read, ...rest } = parseEngineUrl(url);
        expect(read?.reveal()).toBe(secret);
        expect(rest).toEqual(made);
        expect(parseEngineUrl(redactEngineUrl(url))).toEqual(made);
        expect(JSON.parse(JSON.stringify(parseEngineUrl(url)))).toEqual({ ...made, password: '[redacted]' });
      }),
    );
  });

  it('never shows a password, encoded or not, wherever it is put', () => {
    const hole = fc.constantFrom(
      'redis://:X@q',
      'redis://u:X@q:1/0',
      'rediss://X@q?ca=f',
      'redis://X',
      'redis://q:X',
      'X',
      'redis://q/X@q',
    );
    fc.assert(
      fc.property(hole, password, fc.boolean(), (form, secret, encoded) => {
        const put = form.replace('X', () => (encoded ? encodeURIComponent(secret) : secret));
        let said = '';
        try {
          said = formatEngineUrl({ ...parseEngineUrl(put), user: 'u' });
        } catch (error) {
          said = shown(error);
        }
        expect(said).not.toMatch(/[ЖΩ]|%D0%96|%CE%A9/i);
        if (form !== 'rediss://X@q?ca=f') expect(redactEngineUrl(put)).not.toMatch(/[ЖΩ]|%D0%96|%CE%A9/i);
      }),
    );
  });
});
