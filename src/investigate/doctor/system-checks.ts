import { bad, ok, onGuest, warn, type Checkup, type Patient } from './checkup.ts';

/** Bit 0 to 18 of kernel.tainted that a reader of a hang wants to know of: another's module, a former oops or warning. */
const TAINTS: readonly (readonly [bit: number, text: string])[] = [
  [0, 'a proprietary module was loaded'],
  [4, 'a machine check was reported'],
  [7, 'it has oopsed before'],
  [9, 'it has warned before'],
  [12, 'a module from outside the kernel was loaded'],
  [14, 'it has locked up before'],
];

/** The kernel that runs, and whether what belongs to it is still there. */
export function kernelChecks({ facts, instruments }: Patient): Checkup[] {
  const { release } = facts.kernel;
  const name = `${release} (${facts.arch}), ${facts.os.pretty}`;
  if (facts.container !== null)
    return [bad('kernel', `${name}: a container (${facts.container}), whose kernel is its host's`, 'debug the host')];
  const taint = Number(instruments.sysctls['tainted'] ?? 0);
  const marks = TAINTS.filter(([bit]) => Math.floor(taint / 2 ** bit) % 2 === 1).map(([, text]) => text);
  const checks: Checkup[] = [];
  if (facts.captureKernel)
    checks.push(bad('kernel', 'this is the capture kernel, saving a dump', 'wait for the reboot'));
  if (!instruments.modules)
    checks.push(
      warn(
        'kernel',
        `${release} runs and is not installed any more: nothing that belongs to it can be found`,
        onGuest('systemctl reboot'),
      ),
    );
  if (release.includes('-cloud-'))
    checks.push(
      warn(
        'kernel',
        'a cloud kernel has no DRM, so no virtio_gpu',
        onGuest(`apt-get install linux-image-${facts.arch}`),
      ),
    );
  return [marks.length === 0 ? ok('kernel', name) : warn('kernel', `${name}; tainted: ${marks.join(', ')}`), ...checks];
}

/** What the kernel lets this user see. */
export function sightChecks({ guest, facts, instruments }: Patient): Checkup[] {
  const root = facts.uid === 0;
  if (!root)
    return [
      bad(
        'access',
        'this user is not root: no stacks, no log, no dumps',
        `provision doctor ${guest} -b   (or -u root)`,
      ),
    ];
  return [
    instruments.stacks
      ? ok('stacks', 'root may read kernel stacks')
      : bad('stacks', 'kernel stacks cannot be read', 'boot a kernel with CONFIG_STACKTRACE'),
    lockdown(facts.lockdown),
  ];
}

function lockdown(mode: string | null): Checkup {
  if (mode === null || mode === 'none') return ok('lockdown', 'none: BPF, kprobes and /proc/kcore can be used');
  if (mode === 'integrity')
    return warn(
      'lockdown',
      'integrity: no unsigned modules, no kexec_load, debugfs is shut; BPF still works',
      'turn Secure Boot off, or boot without lockdown=',
    );
  return bad(
    'lockdown',
    `${mode}: BPF and kprobes may not read kernel memory`,
    'turn Secure Boot off, or boot without lockdown=',
  );
}

/** Detectors, and what is left of a hang that nobody was watching. */
export function noticeChecks({ guest, instruments }: Patient): Checkup[] {
  const { sysctls, journal, config } = instruments;
  const timeout = sysctls['hung_task_timeout_secs'];
  const apply = `provision apply hung-task ${guest}`;
  const checks: Checkup[] = [];
  if (timeout === undefined)
    checks.push(bad('hung_task', 'the kernel has no detector', 'boot a kernel with CONFIG_DETECT_HUNG_TASK'));
  else if (timeout === '0') checks.push(bad('hung_task', 'the detector is off', apply));
  else if (sysctls['hung_task_warnings'] === '0')
    checks.push(warn('hung_task', `after ${timeout} s, and it has used up its warnings: it is silent now`, apply));
  else checks.push(ok('hung_task', `blocked tasks are noticed after ${timeout} to ${2 * Number(timeout)} s`));
  const shift = config?.['LOG_BUF_SHIFT'];
  const size = shift === undefined ? '' : `${2 ** Number(shift) / 1024} KiB`;
  checks.push(
    journal
      ? ok('log', `the journal outlives a boot${size === '' ? '' : `; the kernel's buffer is ${size}`}`)
      : warn(
          'log',
          'the journal is gone after a boot, and with it the last words',
          onGuest('mkdir -p /var/log/journal && systemctl restart systemd-journald'),
        ),
  );
  return checks;
}

/** The keys that still work where a shell does not. */
export function sysrqChecks({ guest, instruments }: Patient): Checkup[] {
  const value = instruments.sysctls['sysrq'];
  if (value === undefined) return [bad('sysrq', 'the kernel has none', 'boot a kernel with CONFIG_MAGIC_SYSRQ')];
  if (value === '1') return [ok('sysrq', 'all keys work from the console')];
  const mask = Number(value);
  // 8: dumps of tasks and memory. Root's own writes to sysrq-trigger are always taken.
  const dumps = (mask & 8) !== 0;
  const text = `kernel.sysrq is ${value}: from the console, ${dumps ? 'only some keys work' : 'stacks cannot be asked for'}`;
  return [warn('sysrq', text, `provision apply sysrq ${guest}`)];
}
