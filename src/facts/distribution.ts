/** Names that profiles use for packages; each distribution says what they are called there. */
export const LOGICAL_PACKAGES = [
  'kdump-tools',
  'kexec-tools',
  'makedumpfile',
  'initramfs-tools',
  'crash',
  'bpftrace',
  'bcc',
  'libbpf-tools',
  'headers',
  'symbols',
] as const;

export type LogicalPackage = (typeof LOGICAL_PACKAGES)[number];

export interface PackageRule {
  /** Real names, all of them needed; `{kernel}` stands for `uname -r`, `{abi}` for it without its flavour. Empty: there is none. */
  readonly names: readonly string[];
  /** What to do where the package, or its name for the running kernel, does not exist. */
  readonly remedy: string | null;
}

export interface SymbolSource {
  readonly kind: 'apt' | 'archive' | 'manual';
  /** A sources.list line with `{codename}`, or an address, or words. */
  readonly where: string;
  readonly note: string | null;
}

export interface KnownProblem {
  /** A logical package. */
  readonly package: LogicalPackage;
  /** dpkg architectures; empty means all. */
  readonly arch: readonly string[];
  /** Regular expression over `uname -r`; null means all kernels. */
  readonly kernels: string | null;
  readonly text: string;
  readonly remedy: string;
  /** With it, dumps can come near the size of RAM. */
  readonly wholeDumps: boolean;
}

/** What the package itself would put on the kernel command line. */
export interface CrashkernelDefault {
  readonly ranges: string;
  /** No size of ours is below it. False for a default that is known to be too small. */
  readonly floor: boolean;
}

/** One release of a distribution, as data: what its packages are called and what it does at boot. */
export interface Distribution {
  /** `debian-12` */
  readonly id: string;
  /** `Debian 12` */
  readonly name: string;
  readonly codename: string | null;
  /** os-release ID (compared without case) and VERSION_ID, itself or the part before a dot. */
  readonly match: { readonly id: string; readonly version: string };
  readonly packages: Readonly<Record<LogicalPackage, PackageRule>>;
  /** Whether /etc/sysctl.conf still counts at boot, and through what. */
  readonly sysctlConf: { readonly atBoot: boolean; readonly note: string };
  /** dpkg architecture -> the package's own default of `crashkernel=`. */
  readonly crashkernel: Readonly<Record<string, CrashkernelDefault>>;
  /** dpkg architecture -> the full literal default of KDUMP_CMDLINE_APPEND. */
  readonly kdumpCmdlineAppend: Readonly<Record<string, string>>;
  /** dpkg architecture -> words that spare memory in the capture kernel, added to that. */
  readonly kdumpCmdlineExtra: Readonly<Record<string, string>>;
  /** The distribution's own rule for the space that dumps need: so many times RAM; null: it has none. */
  readonly dumpSpaceTimesRam: number | null;
  readonly kdumpService: string;
  /** Regular expression over `uname -v` of its kernels; a group `version` is that of the kernel's package. Null: they have no mark. */
  readonly kernelStamp: string | null;
  readonly symbolSources: readonly SymbolSource[];
  readonly knownProblems: readonly KnownProblem[];
}

/** The catalogue's entry for a guest's /etc/os-release; null when it is not known (a derivative is not guessed). */
export function matchDistribution(
  catalogue: readonly Distribution[],
  os: { readonly id: string; readonly versionId: string },
): Distribution | null {
  const id = os.id.toLowerCase();
  const found = catalogue.find(
    ({ match }) =>
      match.id.toLowerCase() === id && (os.versionId === match.version || os.versionId.startsWith(`${match.version}.`)),
  );
  return found ?? null;
}

/**
 * Real package names of a logical one on a guest.
 * @param kernel `uname -r`, e.g. `6.1.0-56-amd64`
 */
export function packageNames(distribution: Distribution, logical: LogicalPackage, kernel: string): readonly string[] {
  const abi = kernel.replace(/-[a-z][a-z0-9-]*$/i, '');
  return distribution.packages[logical].names.map((name) =>
    name.replaceAll('{kernel}', kernel).replaceAll('{abi}', abi),
  );
}
