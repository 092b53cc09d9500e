import { packageNames, type Distribution } from '../../facts/distribution.ts';
import type { AptFacts } from '../../facts/facts.ts';
import { logicalPackages, wantedPackages } from '../../facts/wanted-packages.ts';
import type { Context, Proposal } from '../context.ts';
import type { Finding, PackageStep } from '../plan.ts';

/** Answers that keep kexec-tools from turning every reboot into a kexec with the old command line (domain: kexec-tools). */
const PRESEED: Readonly<Record<string, readonly string[]>> = {
  'kexec-tools': ['kexec-tools kexec-tools/load_kexec boolean false'],
  'kdump-tools': ['kdump-tools kdump-tools/use_kdump boolean true'],
};

/**
 * What apt has to install. A package that does not exist for this guest is a finding with its remedy and keeps nothing
 * else from converging.
 */
export function planPackages(context: Context): Proposal {
  const { desired, facts, distribution } = context;
  if (distribution === null) return {};
  const { names, unavailable } = wantedPackages(desired, distribution, facts.kernel.release);
  const findings: Finding[] = unavailable.map(({ logical, remedy }) => absent(logical, remedy));
  findings.push(...knownProblems(context));
  const apt = facts.apt;
  for (const name of apt?.unknown ?? []) {
    if (names.includes(name)) findings.push(absent(name, remedyFor(name, context, distribution)));
  }
  findings.push(...symbolsFinding(context));
  const missing = (apt?.missing ?? []).filter((name) => names.includes(name));
  const repair = facts.dpkgInterrupted || unfinished(context);
  if (missing.length === 0 && !repair) return { findings };
  const step: PackageStep = {
    id: 'package:install',
    kind: 'package',
    risk: 'service',
    undo: 'kept by rollback, removed by rollback --purge',
    ...noteOf(apt, repair),
    action: 'install',
    names: missing,
    actions: apt?.actions ?? [],
    fetchBytes: apt?.fetchBytes ?? null,
    diskBytes: apt?.diskBytes ?? null,
    preseed: missing.flatMap((name) => PRESEED[name] ?? []),
    repair,
    refresh: apt?.freshLists === true,
  };
  return { steps: [step], findings };
}

/** An apply that was cut off may have left dependencies unpacked and not configured, which dpkg-query of ours cannot see. */
function unfinished(context: Context): boolean {
  const pending = context.facts.pending;
  return pending !== null && pending.packages.length > (context.facts.state?.packages.length ?? 0);
}

function noteOf(apt: AptFacts | null, repair: boolean): { note?: string } {
  const notes: string[] = [];
  if (repair) notes.push('a former installation was cut off; it is finished first');
  if (apt?.error != null) notes.push(`apt cannot say yet what it would do: ${apt.error}`);
  if (apt?.freshLists === true) notes.push('the guest has no package lists; read from its mirror for this plan');
  return notes.length > 0 ? { note: notes.join('; ') } : {};
}

function absent(name: string, remedy: string): Finding {
  return {
    level: 'skipped',
    code: 'package-absent',
    subject: name,
    text: 'no such package for this guest',
    hint: remedy,
  };
}

function remedyFor(name: string, { desired, facts }: Context, distribution: Distribution): string {
  const logical = logicalPackages(desired).find((each) =>
    packageNames(distribution, each, facts.kernel.release).includes(name),
  );
  const known = logical === undefined ? null : distribution.packages[logical].remedy;
  return known ?? 'run apt-get update on the guest, or add the archive component that has it';
}

/** Defects of the distribution's own packages that a person should know before trusting the result. */
function knownProblems({ desired, distribution, facts }: Context): Finding[] {
  const wanted = logicalPackages(desired);
  return (distribution?.knownProblems ?? [])
    .filter(({ package: name, arch, kernels }) => {
      const concerned = arch.length === 0 || arch.includes(facts.arch);
      return wanted.includes(name) && concerned && (kernels === null || new RegExp(kernels).test(facts.kernel.release));
    })
    .map(({ package: subject, text, remedy }) => ({
      level: 'note',
      code: 'known-problem',
      subject,
      text,
      hint: remedy,
    }));
}

/** With `crash.symbols: controller` the symbols are this machine's to fetch; the plan names the package. */
function symbolsFinding(context: Context): Finding[] {
  const { desired, distribution, facts } = context;
  if (desired.crash?.symbols !== 'controller' || distribution === null) return [];
  const { names, unavailable } = wantedPackages(
    { ...desired, kdump: null, trace: null, crash: { tools: [], symbols: 'guest' } },
    distribution,
    facts.kernel.release,
  );
  const remedy = unavailable[0]?.remedy;
  const text =
    names.length > 0
      ? `${names.join(' ')} stays off the guest; the controller fetches it when a dump is read`
      : `none known for ${facts.kernel.release}`;
  return [
    {
      level: 'note',
      code: 'symbols-controller',
      subject: 'debug symbols',
      text,
      ...(remedy === undefined ? {} : { hint: remedy }),
    },
  ];
}
