import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { leavesOf, merge, nest, type Leaves } from '../../src/profile/leaves.ts';
import { parseSet } from '../../src/profile/override.ts';
import { parseProfile } from '../../src/profile/parse.ts';
import { profilePaths } from '../../src/profile/paths.ts';
import { resolveProfile } from '../../src/profile/resolve.ts';
import { PANIC_EVENTS, SYSRQ_BITS, type ProfileInput } from '../../src/profile/schema.ts';
import { shippedNames, shippedText } from '../../src/shipped/files.ts';
import { readYaml } from '../../src/yaml/read.ts';
import { catalogue, composed } from './support.ts';

const duration = fc.integer({ min: 1, max: 9999 }).map((seconds) => `${seconds}s`);
const names = (table: object): fc.Arbitrary<never[]> =>
  fc.uniqueArray(fc.constantFrom(...(Object.keys(table) as never[])));
const optional = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(shape, { requiredKeys: [] });

/** Bodies of profiles that are right. */
const body = optional({
  match: optional({ drivers: fc.array(fc.constantFrom('virtio_gpu', 'qxl', 'bochs')) }),
  kdump: fc.oneof(
    fc.constant(false),
    optional({ crashkernel: fc.constantFrom('auto', '256M', '384M-:128M', '1G,high'), keep: fc.nat(100) }),
  ),
  crash: optional({ tools: fc.constantFrom(['crash'], []), symbols: fc.constantFrom('guest', 'controller', 'none') }),
  sysrq: fc.oneof(fc.constantFrom('all', 'none'), names(SYSRQ_BITS)),
  hung_task: optional({
    timeout: duration,
    check_interval: duration,
    warnings: fc.oneof(fc.constant('unlimited'), fc.nat(100)),
  }),
  panic: optional({ on: names(PANIC_EVENTS), reboot_after: fc.oneof(duration, fc.constantFrom('never', 'now')) }),
  arm: optional({
    when: fc.constantFrom('kdump-ready', 'always'),
    after: duration,
    breaker: optional({ crashes: fc.integer({ min: 1, max: 9 }), within: duration }),
  }),
  trace: optional({ tools: fc.constantFrom(['bpftrace'], ['bcc', 'bpftrace']), headers: fc.boolean() }),
  sysctl: fc.dictionary(
    fc.constantFrom('vm.swappiness', 'vm.oom_dump_tasks', 'kernel.core_pattern'),
    fc.oneof(fc.nat(50), fc.boolean()),
  ),
}) as fc.Arbitrary<Omit<ProfileInput, 'apiVersion' | 'name'>>;

function leaves(value: object): Leaves {
  const file = readYaml(`name: mine\n${asYamlBody(value)}`, 'mine.yaml', 'E_PROFILE');
  return merge(
    new Map(),
    leavesOf(file.root, [], file, () => ({ kind: 'default' })),
  );
}

/** Runs something that may only fail in the way that is meant for people. */
function onlyProvisionErrors(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    expect(error.message.split('\n').length).toBeLessThan(3);
  }
}

const shipped = shippedNames('profiles', '.yaml').map((name) => shippedText(`profiles/${name}`));
const INVENTORY =
  'defaults: { user: root }\ngroups:\n  d: { guests: [vm1], vars: { hung_task.timeout: 120s } }\nguests:\n  vm1: { host: 192.0.2.11, port: 22 }\n';

describe('any text', { timeout: 60_000 }, () => {
  it('is a profile, an inventory or a ProvisionError', () => {
    const yamlish = fc.stringMatching(/^[-\w:{}[\],&*!|>'"%@`#?~ \n\t.]{0,60}$/);
    const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => new TextDecoder().decode(array));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), yamlish, bytes), (source) => {
        onlyProvisionErrors(() => parseProfile(source, 'a.yaml'));
        onlyProvisionErrors(() => parseProfile(`apiVersion: provision/v1\nname: a\n${source}`, 'a.yaml'));
        onlyProvisionErrors(() => parseInventory(source, 'i.yaml'));
        onlyProvisionErrors(() => parseInventory(`guests: { vm1: }\n${source}`, 'i.yaml'));
        onlyProvisionErrors(() => parseSet(source));
        onlyProvisionErrors(() => parseSet(`kdump.keep=${source}`));
      }),
      { numRuns: 200 },
    );
  });

  it('damage to a good file is a good file or a ProvisionError', () => {
    const damaged = fc
      .tuple(
        fc.constantFrom(...shipped, INVENTORY),
        fc.nat(),
        fc.nat(12),
        fc.stringMatching(/^[-:{}[\]&*!"'\n\t 0-9a-z]{0,4}$/),
      )
      .map(
        ([source, at, cut, put]) =>
          source.slice(0, at % source.length) + put + source.slice((at % source.length) + cut),
      );
    fc.assert(
      fc.property(damaged, (source) => {
        onlyProvisionErrors(() => parseProfile(source, 'a.yaml'));
        onlyProvisionErrors(() => parseInventory(source, 'i.yaml'));
      }),
      { numRuns: 250 },
    );
  });

  it('every truncation of a good file, too', () => {
    for (const source of [...shipped, INVENTORY]) {
      for (let end = 0; end < source.length; end++) {
        onlyProvisionErrors(() => parseProfile(source.slice(0, end), 'a.yaml'));
        onlyProvisionErrors(() => parseInventory(source.slice(0, end), 'i.yaml'));
      }
    }
  });
});

describe('merging', { timeout: 60_000 }, () => {
  it('is associative while no section is taken out', () => {
    const kept = body.map(({ kdump, ...rest }) => (kdump === false ? rest : { ...rest, ...(kdump ? { kdump } : {}) }));
    const over = (a: Leaves, b: Leaves): Leaves => merge(a, b.values());
    fc.assert(
      fc.property(kept.map(leaves), kept.map(leaves), kept.map(leaves), (a, b, c) => {
        expect(nest(over(over(a, b), c))).toEqual(nest(over(a, over(b, c))));
      }),
    );
  });

  it('nothing changes when a layer is laid over itself', () => {
    fc.assert(
      fc.property(body.map(leaves), (a) => {
        expect(nest(merge(a, a.values()))).toEqual(nest(a));
      }),
    );
  });
});

describe('resolving', { timeout: 60_000 }, () => {
  it('gives every value an origin, and none to what is not there', () => {
    const known = new Set(profilePaths().map(({ path }) => path));
    fc.assert(
      fc.property(body, (value) => {
        const { origins, ...state } = resolveProfile(composed(asYamlBody(value)), { catalogue });
        for (const { path } of state.sysctls) expect(origins[path]).toMatchObject({ kind: 'profile' });
        for (const section of ['kdump', 'crash', 'trace'] as const) {
          for (const key of Object.keys(state[section] ?? {})) expect(origins).toHaveProperty([`${section}.${key}`]);
        }
        for (const path of ['match.drivers', 'arm.when', 'arm.after', 'arm.breaker.crashes', 'arm.breaker.within']) {
          expect(origins).toHaveProperty([path]);
        }
        for (const path of Object.keys(origins)) expect(known.has(path) || path.startsWith('sysctl.')).toBe(true);
      }),
    );
  });

  it('is the same each time, and survives JSON', () => {
    fc.assert(
      fc.property(body, (value) => {
        const once = resolveProfile(composed(asYamlBody(value)), { catalogue });
        expect(resolveProfile(composed(asYamlBody(value)), { catalogue })).toEqual(once);
        expect(JSON.parse(JSON.stringify(once))).toEqual(once);
      }),
    );
  });

  it('a var that repeats the profile changes its origin only', () => {
    fc.assert(
      fc.property(body, (value) => {
        const profile = composed(asYamlBody(value));
        const plain = resolveProfile(profile, { catalogue });
        const vars = [...profile.leaves].map(([path, leaf]) => ({
          path,
          value: leaf.value,
          scope: 'guest a',
          file: 'i.yaml',
        }));
        const repeated = resolveProfile(profile, { catalogue }, vars);
        expect({ ...repeated, origins: null }).toEqual({ ...plain, origins: null });
      }),
    );
  });
});

/** JSON is YAML: one key a line. */
function asYamlBody(value: object): string {
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${JSON.stringify(inner)}`)
    .join('\n');
}
