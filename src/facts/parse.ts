import { ProvisionError } from '../errors.ts';
import { parseBoot } from './boot.ts';
import { parseCapture } from './capture.ts';
import type { ArmFact, DiskFact, Facts, UnitFact } from './facts.ts';
import { parseFiles } from './files.ts';
import { dpkgInterrupted, parseApt, parsePackages } from './packages.ts';
import { kdumpReadiness, type Observed } from './readiness.ts';
import { Remembered } from './remembered.ts';
import { linesOf, NamedLines, textOf, type Sections } from './sections.ts';
import { parseState, type GuestState } from './state.ts';
import { normaliseKey } from './sysctl-order.ts';

export const STATE_FILE = '/var/lib/provision/state.json';
export const PENDING_FILE = '/var/lib/provision/pending.json';
export const ARM_STATUS_FILE = '/run/provision/arm';

const systems = new Remembered<Facts['os']>(20);
const sysctls = new Remembered<Facts['sysctls']>(20);
const states = new Remembered<GuestState>(20);

/**
 * Reads the probe's sections into facts.
 * @throws ProvisionError E_PROBE when the answer is not a probe's, E_STATE when the guest's own state file is damaged
 */
export function parseFacts(sections: Sections): Facts {
  const host = new NamedLines(linesOf(sections, 'host'));
  const kexec = new NamedLines(linesOf(sections, 'kexec'));
  const files = parseFiles(sections);
  const { packages, arch } = parsePackages(sections);
  const release = files['/etc/os-release']?.text ?? '';
  const os = systems.of(release, () => parseOsRelease(release));
  const bootId = host.get('boot_id') ?? '';
  const kernel = host.get('kernel_release') ?? '';
  if (bootId === '' || kernel === '') {
    throw new ProvisionError('E_PROBE', 'the guest did not say its kernel and boot id', {
      hint: 'is /proc mounted there?',
    });
  }
  const [jobId, client = '', since = '', ...owner] = linesOf(sections, 'job')[0]?.split(' ') ?? [];
  const observed: Observed = {
    hostname: host.get('hostname') ?? '',
    machineId: host.get('machine_id') ?? '',
    uid: Number(host.get('uid')?.split(/\s+/)[1] ?? NaN),
    os,
    kernel: { release: kernel, version: host.get('kernel_version') ?? '' },
    arch,
    bootId,
    uptimeSeconds: Number(host.get('uptime')?.split(' ')[0] ?? 0),
    memTotalKiB: Number(/(\d+) kB/.exec(host.get('memory') ?? '')?.[1] ?? 0),
    init: host.has('systemd') ? 'systemd' : (host.get('init') ?? 'unknown'),
    container: host.get('container') ?? null,
    drivers: [...new Set(linesOf(sections, 'drivers'))],
    cmdline: host.get('cmdline') ?? '',
    ...parseBoot(sections),
    lockdown: /\[(\w+)\]/.exec(kexec.get('lockdown') ?? '')?.[1] ?? null,
    kexec: {
      crashLoaded: flag(kexec.get('crash_loaded')),
      crashSize: number(kexec.get('crash_size')),
      loaded: flag(kexec.get('loaded')),
      loadDisabled: kexec.get('load_disabled') === '1',
    },
    ...parseCapture(sections, kernel),
    captureKernel: host.has('capture_kernel'),
    evidence: linesOf(sections, 'evidence').length,
    crashDirs: kexec.all('crash'),
    disks: parseDisks(linesOf(sections, 'disk')),
    etcWritable: host.has('etc_writable'),
    sysctls: sysctls.of(textOf(sections, 'sysctl'), () => parseSysctls(linesOf(sections, 'sysctl'))),
    files,
    directories: Object.fromEntries(linesOf(sections, 'directories').map((path) => [path, true])),
    packages,
    dpkgInterrupted: dpkgInterrupted(sections),
    apt: parseApt(sections),
    units: parseUnits(linesOf(sections, 'units')),
    arm: parseArm(files[ARM_STATUS_FILE]?.text ?? null, bootId),
    state: readState(files, STATE_FILE),
    pending: readState(files, PENDING_FILE),
    job: jobId === undefined ? null : { id: jobId, client, since, owner: owner.join(' ') },
  };
  return { ...observed, readiness: kdumpReadiness(observed) };
}

/** os-release(5): `KEY=value`, shell quoting. */
export function parseOsRelease(text: string): Facts['os'] {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$/.exec(line);
    if (match) values.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
  }
  return {
    id: values.get('ID') ?? '',
    idLike: values.get('ID_LIKE') ?? '',
    versionId: values.get('VERSION_ID') ?? '',
    pretty: values.get('PRETTY_NAME') ?? '',
  };
}

/**
 * A line `kernel/panic` is a key that this kernel lacks, `kernel/panic ` one that it has; what that reads follows as
 * grep says it, `/proc/sys/kernel/panic:10`.
 */
function parseSysctls(lines: readonly string[]): Record<string, string | null> {
  const read: Record<string, string | null> = {};
  for (const line of lines) {
    const value = /^\/proc\/sys\/([^:]+):(.*)$/.exec(line);
    if (value) read[normaliseKey(value[1] ?? '')] = value[2] ?? '';
    else read[normaliseKey(line.trimEnd())] = line.endsWith(' ') ? '' : null;
  }
  return read;
}

/** `df -Pk`: one line for each path that was asked about, header first; several are on one disk. */
function parseDisks(lines: readonly string[]): DiskFact[] {
  const disks: DiskFact[] = [];
  for (const line of lines.slice(1)) {
    const match = /\s(\d+)\s+\d+\s+(-?\d+)\s+\S+\s+(\/.*)$/.exec(line);
    const path = match?.[3] ?? '';
    if (!match || disks.some((disk) => disk.path === path)) continue;
    disks.push({ path, totalKiB: Number(match[1]), freeKiB: Number(match[2]) });
  }
  return disks;
}

function parseUnits(lines: readonly string[]): Record<string, UnitFact> {
  const units: Record<string, UnitFact> = {};
  let block: Record<string, string> = {};
  for (const line of [...lines, '']) {
    if (line === '') {
      const id = block['Id'];
      if (id !== undefined) {
        units[id] = {
          load: block['LoadState'] ?? '',
          active: block['ActiveState'] ?? '',
          sub: block['SubState'] ?? '',
          enabled: block['UnitFileState'] ?? '',
          result: block['Result'] ?? '',
        };
      }
      block = {};
      continue;
    }
    const equals = line.indexOf('=');
    block[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return units;
}

/** The gate writes one line: `BOOT_ID STATE REASON`. Another boot's line says nothing about this one. */
function parseArm(text: string | null, bootId: string): ArmFact {
  const match = /^(\S+) (waiting|armed|refused|failed) ?(.*)/.exec(text ?? '');
  if (match?.[1] !== bootId) return { state: 'none', reason: '', bootId };
  return { state: match[2] as ArmFact['state'], reason: match[3] ?? '', bootId };
}

function readState(files: Facts['files'], path: string): Facts['state'] {
  const file = files[path];
  if (file === undefined) return null;
  const text = file.text ?? '';
  // An error names the file.
  return states.of(`${path}\n${text}`, () => parseState(text, path));
}

function flag(text: string | undefined): boolean | null {
  return text === undefined || text === '' ? null : text === '1';
}

function number(text: string | undefined): number | null {
  const value = text === undefined || text === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
