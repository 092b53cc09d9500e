import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { decodeTalk } from '../../src/engine/talk.ts';
import { authority } from '../engine/support/certificates.ts';
import type { Ran } from './support/lab.ts';
import { count, held, hold, letGo, LIGHT, queueLab, tally, type QueueLab } from './support/queue.ts';
import { begin, type Running } from './support/running.ts';

const OWNERS = 'the-word-of-the-owner-77e1';
const FLEETS = 'the-word-of-the-fleet-9f2c';
const APPLY = ['apply', 'debug-panic', 'ask*', ...LIGHT] as const;

let directory: string;
let queue: QueueLab;
let monitor: Running;
let redis: Redis;
/** That of sudo on the guests. */
let sudo: string;
const words = ({ stdout, stderr }: Ran): string => (stdout + stderr).replaceAll(/\s+/g, ' ');

/** A Redis with TLS, an authority of its own and an ACL user; guests where sudo asks for a password. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  const own = authority(directory);
  const tls = { ...own.issue('redis', 'IP:127.0.0.1'), ca: own.cert };
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, `${FLEETS}\n`, { mode: 0o600 });
  queue = await queueLab(
    { count: 2, prefix: 'ask', odd: 'sudo-password' },
    {
      redis: { tls, auth: OWNERS, acl: [`user fleet on >${FLEETS} ~provision:* &provision:* +@all`] },
      address: ({ port }) => `rediss://fleet@127.0.0.1:${port}?ca=${own.cert}`,
      env: { PROVISION_ENGINE_PASSWORD: FLEETS },
    },
  );
  sudo = queue.lab.guests[0]?.password ?? expect.fail('no password');
  count(queue, ['ask1', 'ask2']);
  const { port } = queue.redis;
  const at = ['-p', String(port), '--tls', '--cacert', own.cert, 'MONITOR'];
  monitor = begin('redis-cli', at, { ...process.env, REDISCLI_AUTH: OWNERS });
  await monitor.said('OK');
  redis = new Redis({ host: '127.0.0.1', port, password: OWNERS, tls: { ca: readFileSync(own.cert) } });
});
afterAll(async () => {
  monitor.child.kill();
  redis.disconnect();
  await queue.down();
  rmSync(directory, { recursive: true, force: true });
});

it('without the password of sudo a worker says who lacks it', async () => {
  const worker = queue.worker('w1');
  await worker.said('takes work');
  const ran = await queue.provision(...APPLY);
  expect(ran.code).toBe(1);
  expect(words(ran)).toContain('E_SUDO');
  expect(words(ran)).toMatch(/provision worker -K, or \$PROVISION_BECOME_PASSWORD/);
  expect(words(ran)).toMatch(/@w1\b/);
  worker.child.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

it('a worker has the password of sudo and the keys of SSH; neither they nor that of Redis are anywhere else', async () => {
  const worker = queue.worker('w2', ['-K'], { PROVISION_BECOME_PASSWORD: sudo });
  await worker.said('takes work');
  hold(queue, 'ask1');
  const apply = queue.begin(...APPLY, '--json', '-v');
  await held(queue, 'ask1');
  const attached = queue.elsewhere('runs', 'attach', '--json');
  await attached.said('"guest.begun"');
  const guest = await processesOf('ask1');
  expect(guest).toContain('/run/provision/jobs/');
  const shown = [apply, attached, worker].map(({ child }) => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'));
  letGo(queue, 'ask1');
  const ran = await apply.ended;
  expect(ran.code, words(ran)).toBe(0);
  expect(tally(ran)).toEqual({ changed: 2 });
  const looked = await attached.ended;
  expect(looked.code, words(looked)).toBe(0);
  worker.child.kill('SIGTERM');
  await worker.ended;

  const key = readFileSync(queue.lab.key, 'utf8').split('\n').slice(1, -2);
  expect(key.length).toBeGreaterThan(3);
  const places = {
    "a guest's processes": guest,
    'arguments of our processes': shown.join('\n'),
    'commands to Redis': monitor.output(),
    'keys of Redis': await everything(),
    "Redis's files": files(join(queue.redis.directory, 'appendonlydir')),
    journals: files(join(queue.lab.directory, 'runs')),
    output: [apply, attached, worker].map((running) => running.output()).join(''),
    "a guest's files": (await queue.lab.exec('ask1', 'cat /run/provision/jobs/*/* /run/provision/current /var/lib/provision/* 2>/dev/null; true')).stdout, // prettier-ignore
    "a guest's sshd": queue.lab.sshdLog('ask1'),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(0);
    for (const secret of [sudo, FLEETS, ...key]) expect(text.includes(secret), place).toBe(false);
  }
});

it('a wrong password of Redis is told without it', async () => {
  const file = join(directory, 'wrong');
  writeFileSync(file, 'not-the-word\n', { mode: 0o600 });
  const ran = await queue.provision(...APPLY, '--engine-password-file', file);
  expect(ran.code).toBe(2);
  expect(words(ran)).toContain('wrong user name or password');
  expect(words(ran)).not.toContain('not-the-word');
});

/** Arguments and environment of all that runs in a guest. */
async function processesOf(name: string): Promise<string> {
  return (await queue.lab.exec(name, 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true')).stdout;
}

/** All that Redis holds, unpacked. */
async function everything(): Promise<string> {
  const found: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    found.push(key);
    if (type === 'hash') found.push(JSON.stringify(await redis.hgetall(key)));
    else if (type === 'string') found.push((await redis.get(key)) ?? '');
    else if (type === 'list') found.push(...(await redis.lrange(key, 0, -1)));
    else if (type === 'zset') found.push(...(await redis.zrange(key, '0', '-1')));
    else if (type === 'set') found.push(...(await redis.smembers(key)));
    else if (type === 'stream')
      for (const [, fields] of await redis.xrangeBuffer(key, '-', '+')) {
        const value = fields[1] ?? Buffer.alloc(0);
        found.push(key.endsWith(':talk') ? JSON.stringify(decodeTalk(value)) : value.toString());
      }
    else expect.fail(`a ${type} at ${key}`);
  }
  return found.join('\n');
}

function files(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}
