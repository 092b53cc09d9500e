import type { Facts } from '../facts/facts.ts';
import { wantedPackages } from '../facts/wanted-packages.ts';
import type { DesiredState } from '../profile/desired.ts';
import type { Target } from './target.ts';

/** Stands for `uname -r`, as in the catalogue: the guest puts its own in. Compared as a version it is older than any. */
export const KERNEL = '{kernel}';

const UNKNOWN = { loaded: false, loadDisabled: false } as const;

/**
 * A guest of a distribution on which nothing is as any profile wants it, so that a plan for it has a step for everything
 * that the profile asks for. It is a way to ask the planner, never a description of somebody's machine.
 */
export function freshGuest(desired: DesiredState, { distribution, arch }: Target): Facts {
  return {
    hostname: '',
    machineId: '',
    uid: 0,
    os: { id: distribution.match.id, idLike: '', versionId: distribution.match.version, pretty: distribution.name },
    kernel: { release: KERNEL, version: '' },
    arch,
    bootId: '',
    uptimeSeconds: 0,
    memTotalKiB: 8 * 1024 * 1024,
    physicalKiB: null,
    init: 'systemd',
    container: null,
    drivers: desired.match.drivers,
    cmdline: '',
    nextCmdline: '',
    bootloader: 'grub',
    secureBoot: false,
    lockdown: null,
    kexec: { crashLoaded: false, crashSize: 0, ...UNKNOWN },
    capture: {
      vmlinuzBytes: null,
      initrdBytes: null,
      captureInitrdBytes: null,
      kernelBytes: null,
      modulesBytes: null,
      kernelLink: null,
      initrdLink: null,
      initrdThere: false,
    },
    readiness: { state: 'not-reserved', reason: '', hint: null },
    captureKernel: false,
    crashDirs: [],
    disks: [],
    etcWritable: true,
    // None is read, so each is to be set; a key that the guest's kernel lacks shows there.
    sysctls: {},
    files: {},
    directories: {},
    packages: {},
    dpkgInterrupted: false,
    apt: {
      missing: wantedPackages(desired, distribution, KERNEL).names,
      unknown: [],
      actions: [],
      fetchBytes: null,
      diskBytes: null,
      error: null,
      freshLists: false,
    },
    units: {},
    arm: { state: 'none', reason: '', bootId: '' },
    state: null,
    pending: null,
    job: null,
    evidence: 0,
  };
}
