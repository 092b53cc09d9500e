import * as z from 'zod';
import { LOGICAL_PACKAGES, type Distribution, type LogicalPackage, type PackageRule } from '../facts/distribution.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml } from '../yaml/read.ts';
import { text } from './text-schema.ts';

const perArch = z.record(z.string(), text, { error: 'takes architectures with text' });
const logical = z.enum(LOGICAL_PACKAGES, { error: `takes one of ${LOGICAL_PACKAGES.join(', ')}` });

/** A bare name is a package that always exists under it. */
const rule = z.union([text, z.strictObject({ names: z.array(text), remedy: text })], {
  error: 'takes a package name, or names and a remedy',
});

const distribution = z.strictObject({
  name: text,
  codename: text.nullable().default(null),
  match: z.strictObject({ id: text, version: text }),
  packages: z.strictObject(
    Object.fromEntries(LOGICAL_PACKAGES.map((name) => [name, rule])) as Record<LogicalPackage, typeof rule>,
  ),
  sysctl_conf: z.strictObject({ at_boot: z.boolean(), note: text }),
  crashkernel: z.record(z.string(), z.strictObject({ ranges: text, floor: z.boolean() })),
  kdump: z.strictObject({
    service: text,
    cmdline_append: perArch,
    cmdline_extra: perArch,
    space_times_ram: z.number().positive().nullable().default(null),
  }),
  kernel_stamp: text.nullable().default(null),
  symbol_sources: z.array(
    z.strictObject({ kind: z.enum(['apt', 'archive', 'manual']), where: text, note: text.nullable().default(null) }),
  ),
  known_problems: z.array(
    z.strictObject({
      package: logical,
      arch: z.array(text).default([]),
      kernels: text.nullable().default(null),
      text,
      remedy: text,
      whole_dumps: z.boolean().default(false),
    }),
  ),
});

/**
 * Reads one file of catalogue/distributions.
 * @param id the file's name without its ending, `debian-12`
 * @throws ProvisionErrors E_CATALOGUE with a place each
 */
export function parseDistribution(source: string, file: string, id: string): Distribution {
  const data = checkYaml(distribution, readYaml(source, file, 'E_CATALOGUE'));
  const packages = Object.fromEntries(LOGICAL_PACKAGES.map((name) => [name, toRule(data.packages[name])]));
  return {
    id,
    name: data.name,
    codename: data.codename,
    match: data.match,
    packages: packages as Record<LogicalPackage, PackageRule>,
    sysctlConf: { atBoot: data.sysctl_conf.at_boot, note: data.sysctl_conf.note },
    crashkernel: data.crashkernel,
    kdumpCmdlineAppend: data.kdump.cmdline_append,
    kdumpCmdlineExtra: data.kdump.cmdline_extra,
    dumpSpaceTimesRam: data.kdump.space_times_ram,
    kdumpService: data.kdump.service,
    kernelStamp: data.kernel_stamp,
    symbolSources: data.symbol_sources,
    knownProblems: data.known_problems.map(({ whole_dumps: wholeDumps, ...problem }) => ({ ...problem, wholeDumps })),
  };
}

function toRule(value: z.output<typeof rule>): PackageRule {
  return typeof value === 'string' ? { names: [value], remedy: null } : value;
}
