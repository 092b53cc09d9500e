import { quote } from '../shell.ts';

/** Packages to ask about on systems whose `ID:VERSION_ID` is one of `systems`; names may hold `{kernel}`. */
export interface PackageQuery {
  readonly systems: readonly string[];
  readonly names: readonly string[];
}

/** What a plan will want to know. */
export interface ProbeWants {
  readonly sysctls: readonly string[];
  readonly drivers: readonly string[];
  readonly packages: readonly PackageQuery[];
  readonly directories: readonly string[];
  readonly units: readonly string[];
}

const WATCH_FILES = [
  '/etc/provision/watch.conf',
  '/etc/systemd/system/provision-watch.service',
  '/usr/local/lib/provision/watch',
  '/usr/local/lib/provision/watch.awk',
  '/usr/local/lib/provision/evidence',
  '/usr/local/lib/provision/stacks',
  '/usr/local/lib/provision/stacks-sysrq',
];

/** Files that every probe reads besides the sysctl directories and our own fragments. */
const FILES = [
  '/etc/os-release',
  '/etc/sysctl.conf',
  '/etc/default/kdump-tools',
  '/etc/default/kexec',
  '/etc/provision/arm.conf',
  '/etc/systemd/system/provision-arm.service',
  '/etc/systemd/system/kdump-tools-dump.service.d/provision.conf',
  '/etc/systemd/system/kdump-tools-dump.service.d/provision-log.conf',
  '/etc/systemd/system/provision-capture-log.service',
  '/usr/local/lib/provision/arm',
  '/usr/local/lib/provision/capture-log',
  ...WATCH_FILES,
  '/var/lib/provision/state.json',
  '/var/lib/provision/pending.json',
  '/run/provision/arm',
  '/var/crash/kexec_cmd',
];

/** The probe as it goes over the wire: what to look for, then the looking (templates/guest/probe.sh). */
export function probeScript(template: string, wants: ProbeWants): string {
  const paths = wants.sysctls.map((key) => key.replaceAll(/[./]/g, (character) => (character === '.' ? '/' : '.')));
  return [
    `WANTED_DRIVERS=${words(wants.drivers)}`,
    `SYSCTL_PATHS=${words(paths)}`,
    `DIRECTORIES=${words(wants.directories)}`,
    `UNITS=${words(wants.units)}`,
    `FILES=${words(FILES)}`,
    packageTable(wants.packages),
    template,
  ].join('\n');
}

/** `wanted_packages ID:VERSION KERNEL` sets PACKAGES; one case for all systems that want the same. */
function packageTable(queries: readonly PackageQuery[]): string {
  const cases = queries.map(({ systems, names }) => {
    // Names hold nothing that double quotes would change; `$2` is the running kernel, `$abi` that without its flavour.
    for (const name of names) if (!/^[a-z0-9.+{}-]+$/.test(name)) throw new Error(`not a package name: ${name}`);
    const list = names.map((name) => name.replaceAll('{kernel}', '$2').replaceAll('{abi}', '$abi')).join(' ');
    return `    ${systems.map(pattern).join(' | ')}) PACKAGES="${list}" ;;`;
  });
  return [
    `wanted_packages() {`,
    `  PACKAGES=`,
    `  abi=\${2%%-[a-z]*}`,
    `  case $1 in`,
    ...cases,
    `    *) ;;`,
    `  esac`,
    `}`,
  ].join('\n');
}

/** A `case` pattern: everything quoted but the stars.  */
function pattern(system: string): string {
  return system
    .split('*')
    .map((part) => (part === '' ? '' : quote(part)))
    .join('*');
}

/** A list for `for x in $LIST`: the words hold no blanks and no globs, which the callers' grammars see to. */
function words(list: readonly string[]): string {
  for (const word of list) if (/[\s*?[\]]/.test(word)) throw new Error(`not a plain word: ${word}`);
  return quote(list.join(' '));
}
