import type { Distribution } from '../../../facts/distribution.ts';
import { packageNames } from '../../../facts/distribution.ts';
import type { DumpIdentity } from '../../dump-identity.ts';

/** The package that has the debug symbols of a dump's kernel. */
export interface DebugPackage {
  readonly name: string;
  /** The exact one; null where `uname -v` does not tell. */
  readonly version: string | null;
  /** dpkg's word for the dump's machine. */
  readonly arch: string | null;
  /** What to do where the package is gone. */
  readonly remedy: string | null;
}

const DPKG_ARCH: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  riscv64: 'riscv64',
  loongarch64: 'loong64',
};

/**
 * Finds the package by how distributions stamp their kernels: `uname -v` of Debian ends in `Debian 6.1.192-2 (date)`.
 * Null when no distribution of the catalogue stamps like that: a vendor's kernel is not guessed.
 */
export function debugPackage(identity: DumpIdentity, distributions: readonly Distribution[]): DebugPackage | null {
  const { release, version, machine } = identity;
  if (release === null || version === null) return null;
  for (const distribution of distributions) {
    const stamp = distribution.kernelStamp === null ? null : new RegExp(distribution.kernelStamp).exec(version);
    const [name] = stamp === null ? [] : packageNames(distribution, 'symbols', release);
    if (stamp === null || name === undefined) continue;
    return {
      name,
      version: stamp.groups?.['version'] ?? null,
      arch: DPKG_ARCH[machine ?? ''] ?? null,
      remedy: distribution.packages.symbols.remedy,
    };
  }
  return null;
}
