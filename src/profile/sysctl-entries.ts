import * as z from 'zod';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import type { SysctlEntry, SysctlRange } from './sysctl-catalogue.ts';
import { flag, oneOf } from './fields.ts';

const TYPES = ['int', 'uint', 'ulong', 'text', 'list'] as const;

/** Bounds of the C types behind the keys, for entries that name none. */
const BOUNDS: Readonly<Record<(typeof TYPES)[number], readonly [min: string, max: string]>> = {
  int: ['-2147483648', '2147483647'],
  uint: ['0', '4294967295'],
  ulong: ['0', '18446744073709551615'],
  text: ['0', '0'],
  list: ['0', '0'],
};

const text = z.string({ error: 'takes text' }).min(1, { error: 'takes text' });
// Numbers beyond 2^53 arrive as their digits.
const bound = z.union([z.number().int().transform(String), z.string().regex(/^-?\d+$/)], {
  error: 'takes a whole number',
});
const version = z
  .string({ error: 'takes a kernel version in quotes' })
  .regex(/^\d+\.\d+(\.\d+)?$/, { error: 'takes a kernel version such as "6.19"' });
const type = z.enum(TYPES, { error: `takes ${oneOf(TYPES)}` });

const entry = z.strictObject({
  effect: text,
  type,
  min: bound.optional(),
  max: bound.optional(),
  changes: z
    .array(z.strictObject({ since: version, type: type.optional(), min: bound.optional(), max: bound.optional() }))
    .default([]),
  default: z
    .union([z.number().transform(String), z.string()])
    .nullable()
    .default(null),
  since: version.nullable().default(null),
  arch: z.array(text).default([]),
  boot_parameter: text.nullable().default(null),
  config: text.nullable().default(null),
  absent: text.optional(),
  danger: text.optional(),
  panics: flag('Can panic the guest').default(false),
  refuse: text.optional(),
});

const entries = z.record(z.string().regex(/^[a-z0-9_.]+$/), entry);

/**
 * Reads one file of catalogue/sysctl.
 * @throws ProvisionErrors E_CATALOGUE with a place each
 */
export function parseSysctlEntries(source: string, file: string): SysctlEntry[] {
  const found = checkYaml(entries, readYaml(source, file, 'E_CATALOGUE'));
  return Object.entries(found).map(([key, value]) => {
    const { absent, danger, refuse, boot_parameter: bootParameter, min, max, changes, type: kind, ...rest } = value;
    const ranges = [
      toRange({ since: null, type: kind, min, max }),
      // A change names only what is new.
      ...changes.map((change) =>
        toRange({ since: change.since, type: change.type ?? kind, min: change.min ?? min, max: change.max ?? max }),
      ),
    ];
    return {
      ...rest,
      key,
      bootParameter,
      ranges,
      ...(absent === undefined ? {} : { absent }),
      ...(danger === undefined ? {} : { danger }),
      ...(refuse === undefined ? {} : { refuse }),
    };
  });
}

interface RawRange {
  readonly since: string | null;
  readonly type: (typeof TYPES)[number];
  readonly min?: string | undefined;
  readonly max?: string | undefined;
}

function toRange({ since, type, min, max }: RawRange): SysctlRange {
  const [least, most] = BOUNDS[type];
  const kind = type === 'text' || type === 'list' ? type : 'integer';
  return { since, type: kind, min: min ?? least, max: max ?? most };
}
