import * as z from 'zod';
import { count, flag, keyed, pattern, section } from '../profile/fields.ts';
import { isHostName, jumpFromText, USER } from './target.ts';

/** Names must not clash with what patterns are written with. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,99}$/u;

const path = z.string({ error: 'takes a path' }).min(1, { error: 'takes a path' });
const host = z
  .string({ error: 'takes a host name or an address' })
  .refine((text) => isHostName(text.replace(/^\[([^\]]+)\]$/, '$1')), { error: 'takes a host name or an address' })
  .describe('Host name or address; without it the name of the guest. local is this machine');

const connection = {
  port: count('Port of sshd', 1, 65_535).optional(),
  user: pattern('Login name', 'takes a login name', USER).optional(),
  become: flag('Run everything through sudo').optional(),
  identity_file: z
    .union([path, z.array(path).min(1, { error: 'takes a path or a list of paths' })], {
      error: 'takes a path or a list of paths',
    })
    .optional()
    .describe('Private key; ~ is the home directory'),
  jump: z
    .string({ error: 'takes [user@]host[:port]' })
    .refine((text) => jumpFromText(text) !== null, {
      error: 'takes [user@]host[:port], several with commas between them, or none',
    })
    .optional()
    .describe('Host to jump through; none reaches the guest straight'),
  transport: z
    .enum(['ssh', 'openssh'], { error: 'takes ssh or openssh' })
    .optional()
    .describe('What speaks SSH: provision itself, or the ssh of this machine'),
  vars: z
    .record(z.string(), z.unknown(), { error: 'takes paths of a profile with values, such as hung_task.timeout: 120s' })
    .optional()
    .describe('Overrides of the profile, path: value'),
  labels: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: 'takes one value' }), {
      error: 'takes names with values, such as hypervisor: hv1',
    })
    .optional()
    .describe('What else there is to know about it, for --serial-by: hypervisor: hv1'),
};

const name = keyed((text) => {
  const hint = 'names are letters, digits, dots, dashes and _';
  if (text === 'all') return { message: 'this already names every guest', hint };
  return NAME.test(text) ? null : { message: 'this cannot be a name', hint };
});

const badName = { error: 'takes names of letters, digits, dots, dashes and _' };

export const inventorySchema = section('The guests', {
  defaults: section('What holds for every guest that does not say otherwise', connection).optional(),
  groups: z
    .record(
      name,
      section('A group', {
        guests: z.array(z.string(badName), { error: 'takes a list of guests such as [vm1, vm2]' }),
        ...connection,
      }),
      { error: 'takes names of groups with their guests' },
    )
    .optional()
    .describe('Groups of guests; of two that a guest is in, the later one wins'),
  guests: z
    .record(
      name,
      z.union([section('A guest', { host: host.optional(), ...connection }), z.null()], {
        error: 'takes keys of its own (host, user, ...), or nothing',
      }),
      {
        error: 'takes names of guests, each with its host',
      },
    )
    .describe('Guests by name'),
});

export type InventoryValues = z.output<typeof inventorySchema>;
export type Connection = Omit<NonNullable<InventoryValues['defaults']>, 'vars' | 'labels'>;
