import type { DesiredState } from '../profile/desired.ts';
import { LOGICAL_PACKAGES, packageNames, type Distribution, type LogicalPackage } from './distribution.ts';
import type { PackageQuery } from './probe-script.ts';

/** What kdump needs, named one by one because recommended packages are not installed. */
const KDUMP: readonly LogicalPackage[] = ['kdump-tools', 'kexec-tools', 'makedumpfile', 'initramfs-tools'];

type Wanting = Pick<DesiredState, 'kdump' | 'crash' | 'trace'>;

/** The packages that a desired state asks for, in the catalogue's own names. */
export function logicalPackages({ kdump, crash, trace }: Wanting): LogicalPackage[] {
  const asked = new Set<string>([
    ...(kdump === null ? [] : KDUMP),
    ...(crash?.tools ?? []),
    ...(crash?.symbols === 'guest' ? ['symbols'] : []),
    ...(trace?.tools ?? []),
    ...(trace?.headers === true ? ['headers'] : []),
  ]);
  return LOGICAL_PACKAGES.filter((name) => asked.has(name));
}

/** Real names for one guest; a logical package that its distribution has not is returned with its remedy. */
export function wantedPackages(
  desired: Wanting,
  distribution: Distribution,
  kernel: string,
): { names: string[]; unavailable: { logical: LogicalPackage; remedy: string }[] } {
  const names: string[] = [];
  const unavailable: { logical: LogicalPackage; remedy: string }[] = [];
  for (const logical of logicalPackages(desired)) {
    const real = packageNames(distribution, logical, kernel);
    names.push(...real);
    if (real.length > 0) continue;
    const remedy = distribution.packages[logical].remedy ?? `${distribution.name} has no such package`;
    unavailable.push({ logical, remedy });
  }
  return { names, unavailable };
}

/** What the probe asks dpkg and apt on each distribution; those that want the same names share a case. */
export function packageQueries(desired: Wanting, catalogue: readonly Distribution[]): PackageQuery[] {
  const bySet = new Map<string, { systems: string[]; names: string[] }>();
  for (const distribution of catalogue) {
    const names = logicalPackages(desired).flatMap((logical) => distribution.packages[logical].names);
    const { id, version } = distribution.match;
    const query = bySet.get(names.join(' ')) ?? { systems: [], names };
    // os-release(5) wants ID in lower case; Deepin writes it otherwise, and a shell `case` is exact.
    for (const spelling of new Set([id, capital(id), id.toUpperCase()])) {
      query.systems.push(`${spelling}:${version}`, `${spelling}:${version}.*`);
    }
    bySet.set(names.join(' '), query);
  }
  return [...bySet.values()];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
