import type { Facts, Readiness, ReadinessState } from './facts.ts';
import { kdumpSetting } from './kdump-config.ts';
import { parseLoadCommand, type LoadCommand } from './load-command.ts';

/** The facts before anything was concluded from them. */
export type Observed = Omit<Facts, 'readiness'>;

type Check = (facts: Observed, command: LoadCommand | null) => Readiness | null;

const UNIT = 'kdump-tools.service';
const LINK = '/var/lib/kdump/initrd.img';
const JOURNAL = 'see journalctl -b -u kdump-tools';
const RELOAD = 'systemctl restart kdump-tools; apply does it';

/** Each names one thing that keeps a crash from being captured; the first that holds is the state. */
const CHECKS: readonly Check[] = [
  capturing,
  noSupport,
  notReserved,
  disabled,
  notLoaded,
  noInitrd,
  staleCmdline,
  otherKernel,
  staleConfig,
];

/**
 * Whether a crash would be captured now. Sysfs is trusted for what is reserved and loaded, and kdump-tools' own record for
 * what it was loaded with; `kdump-config status` ends with 0 whatever it finds, and its unit is active even after a load
 * that failed, so neither is asked.
 */
export function kdumpReadiness(facts: Observed): Readiness {
  const command = parseLoadCommand(facts.files['/var/crash/kexec_cmd']?.text ?? null);
  for (const check of CHECKS) {
    const found = check(facts, command);
    if (found) return found;
  }
  const record = command === null ? '; how it was loaded is not on record' : '';
  return readiness('ready', `a crash kernel is loaded, ${reserved(facts)} reserved${record}`, null);
}

function readiness(state: ReadinessState, reason: string, hint: string | null): Readiness {
  return { state, reason, hint };
}

function reserved({ kexec }: Observed): string {
  return `${Math.round((kexec.crashSize ?? 0) / 1024 / 1024)} MiB`;
}

function capturing({ captureKernel }: Observed): Readiness | null {
  if (!captureKernel) return null;
  return readiness('capturing', 'this is the capture kernel, saving a dump', 'wait until the guest has rebooted');
}

function noSupport({ kexec }: Observed): Readiness | null {
  if (kexec.crashLoaded !== null) return null;
  return readiness(
    'no-support',
    'the kernel has no kexec crash support',
    'boot a kernel with CONFIG_CRASH_DUMP and CONFIG_KEXEC',
  );
}

function notReserved({ kexec, cmdline }: Observed): Readiness | null {
  if (kexec.crashLoaded === true || (kexec.crashSize ?? 0) > 0) return null;
  const asked = cmdline.split(/\s+/).filter((word) => word.startsWith('crashkernel='));
  const last = asked.at(-1);
  if (last === undefined) {
    const text = 'no memory is reserved: this boot has no crashkernel=';
    return readiness('not-reserved', text, 'apply puts it on the command line; then reboot');
  }
  return readiness(
    'reservation-failed',
    `${last} is on the command line, and the kernel reserved nothing`,
    'the memory is below its ranges, or has no free piece of that size: see dmesg | grep -i crashkernel, ask for less',
  );
}

function disabled({ kexec, files, units }: Observed): Readiness | null {
  if (kexec.crashLoaded === true) return null;
  const off = (reason: string, hint: string): Readiness => readiness('disabled', reason, hint);
  if (kexec.loadDisabled)
    return off('kernel.kexec_load_disabled is 1: nothing can be loaded in this boot', 'find who sets it, then reboot');
  if (turnedOff(files)) return off('USE_KDUMP=0 in /etc/default/kdump-tools', 'set it to 1; apply does it');
  const enabled = units[UNIT]?.enabled;
  if (enabled === 'masked') return off(`${UNIT} is masked`, `systemctl unmask ${UNIT}`);
  if (enabled === 'disabled') return off(`${UNIT} is disabled`, `systemctl enable --now ${UNIT}; apply does it`);
  return null;
}

function turnedOff(files: Facts['files']): boolean {
  const use = kdumpSetting(files, 'USE_KDUMP');
  return use === '0' || use === '';
}

function notLoaded(facts: Observed): Readiness | null {
  if (facts.kexec.crashLoaded === true) return null;
  const unit = facts.units[UNIT];
  const none = (why: string, hint: string): Readiness =>
    readiness('not-loaded', `${reserved(facts)} are reserved and no crash kernel is loaded: ${why}`, hint);
  if (unit?.load === 'not-found') return none('kdump-tools is not installed', 'apply installs it');
  if (unit?.active === 'activating') return none(`${UNIT} is still starting`, 'wait; it may be building its initrd');
  if (facts.lockdown !== null && facts.lockdown !== 'none')
    return none(`the kernel is locked down (${facts.lockdown})`, `boot without lockdown=; ${JOURNAL}`);
  if (unit?.active === 'failed') return none(`${UNIT} failed (${unit.result})`, `${JOURNAL}; apply starts it again`);
  if (unit !== undefined && unit.active !== 'active')
    return none(`${UNIT} is ${unit.active}`, `systemctl start ${UNIT}; apply does it`);
  return none('the load failed, or it was unloaded', `${JOURNAL}; apply loads it again`);
}

function noInitrd({ capture }: Observed, command: LoadCommand | null): Readiness | null {
  const hint = 'apply builds it and loads it again';
  if (command !== null && command.initrd === null)
    return readiness('no-initrd', 'the crash kernel was loaded without an initrd and could not mount its root', hint);
  const usesLink = command === null ? capture.initrdLink !== null : command.initrd === LINK;
  if (!usesLink || capture.initrdThere) return null;
  return readiness('no-initrd', `${LINK} leads nowhere: the next load would leave the initrd out`, hint);
}

function staleCmdline({ files }: Observed, command: LoadCommand | null): Readiness | null {
  if (command === null) return null;
  const has = new Set(command.words);
  if (!command.words.some((word) => word.startsWith('systemd.unit=kdump-tools'))) {
    const text = 'the crash kernel was loaded without systemd.unit=kdump-tools-dump.service and would save nothing';
    return readiness(
      'stale-cmdline',
      text,
      'write the whole KDUMP_CMDLINE_APPEND and restart kdump-tools; apply does it',
    );
  }
  const wanted = [kdumpSetting(files, 'KDUMP_CMDLINE'), kdumpSetting(files, 'KDUMP_CMDLINE_APPEND')];
  const lacking = wanted.flatMap((text) => (text ?? '').split(/\s+/)).filter((word) => word !== '' && !has.has(word));
  if (lacking.length === 0) return null;
  return readiness('stale-cmdline', `the loaded crash kernel lacks ${lacking.join(' ')}`, RELOAD);
}

function otherKernel({ capture, kernel }: Observed): Readiness | null {
  const loaded = /\/vmlinuz-([^/]+)$/.exec(capture.kernelLink ?? '')?.[1];
  if (loaded === undefined || loaded === kernel.release) return null;
  return readiness('stale-cmdline', `the loaded crash kernel is ${loaded}, and ${kernel.release} is running`, RELOAD);
}

/** Only what a load takes from the configuration: what the capture boot reads for itself is never stale. */
function staleConfig({ files }: Observed, command: LoadCommand | null): Readiness | null {
  if (turnedOff(files))
    return readiness('stale-config', 'a crash kernel is loaded although USE_KDUMP=0', 'set it to 1; apply does it');
  if (command === null) return null;
  const differs = (
    [
      ['KDUMP_KERNEL', command.kernel],
      ['KDUMP_INITRD', command.initrd],
    ] as const
  ).find(([key, used]) => (kdumpSetting(files, key) ?? used) !== used);
  const extra = (kdumpSetting(files, 'KDUMP_KEXEC_ARGS') ?? '')
    .split(/\s+/)
    .find((word) => !command.options.includes(word));
  const key = differs?.[0] ?? (extra === undefined || extra === '' ? null : 'KDUMP_KEXEC_ARGS');
  if (key === null) return null;
  return readiness('stale-config', `the crash kernel was loaded before ${key} was changed`, RELOAD);
}
