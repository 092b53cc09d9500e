import { endpointOf } from '../../engine/redis/address.ts';
import { examineRedis } from '../../engine/redis/examine.ts';
import { notesOn, refusalOf } from '../../engine/redis/server.ts';
import { ProvisionError } from '../../errors.ts';
import { requiredEngineFrom } from '../engine-flags.ts';
import type { Checked } from './finding.ts';
import type { Machine } from './machine.ts';
import { checkRedisServer } from './tools.ts';

const NAME = 'redis';
const NEEDED = 'for provision worker, and runs with --engine';

/** The Redis that `$PROVISION_ENGINE` names, asked; without one, whether this machine has a server to start. */
export async function checkEngine(env: Machine['env']): Promise<Checked> {
  if ((env['PROVISION_ENGINE'] ?? '') === '') return checkRedisServer();
  try {
    const { server, address } = await examineRedis(requiredEngineFrom({}, env));
    const refusal = refusalOf(server, address);
    if (refusal !== null) return refused(refusal);
    const { version, policy, appendonly } = server;
    const settings = `${policy ?? 'policy unknown'}, append-only ${appendonly ? 'on' : 'off'}`;
    const found = `${version} at ${endpointOf(address)}, ${settings}`;
    const [needed, mend] = notesOn(server)[0]?.split(/: (?=redis-cli)/) ?? [];
    if (needed === undefined) return { name: NAME, level: 'ok', found };
    return { name: NAME, level: 'warn', found, needed, ...(mend === undefined ? {} : { mend }) };
  } catch (error) {
    if (error instanceof ProvisionError) return refused(error);
    throw error;
  }
}

function refused({ message, hint }: ProvisionError): Checked {
  return { name: NAME, level: 'warn', found: message, needed: NEEDED, ...(hint === undefined ? {} : { mend: hint }) };
}
