// The state that all are given: that of debug-panic on a guest without systemd and without a boot loader. Every tool is told
// the same file, packages and live settings. Fifty systemds would want more of inotify than one machine gives.

/** Settings that people who debug a kernel have besides those of the profile: twenty in all. */
const MORE_SETTINGS = [
  'kernel.core_uses_pid=1',
  'kernel.dmesg_restrict=0',
  'kernel.kptr_restrict=0',
  'kernel.perf_event_paranoid=-1',
  'kernel.print-fatal-signals=1',
  'vm.dirty_background_ratio=5',
  'vm.dirty_ratio=15',
  'vm.min_free_kbytes=65536',
  'vm.oom_dump_tasks=1',
  'vm.swappiness=10',
].map((setting) => `sysctl.${setting}`);
/** What else a person says to provision to mean that state. */
export const WITH_PACKAGES = [
  ...['--skip', 'kdump'],
  ...['trace.headers=false', 'arm.when=always', ...MORE_SETTINGS].flatMap((set) => ['--set', set]),
];
/** The packages of the state, and what Ansible needs on a guest to ask apt: guests have them already. */
export const PACKAGES = ['kexec-tools', 'makedumpfile', 'crash', 'bpftrace', 'bpfcc-tools', 'python3-apt'];

/** The state as provision means it, from its plan for a guest that has none of it. */
export function stateOf(plan) {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  const files = steps.filter(({ kind }) => kind === 'file').map((step) => ({ path: step.path, ...step.after }));
  const settings = steps
    .filter(({ kind }) => kind === 'sysctl' || kind === 'armed')
    .map(({ key, after }) => ({ key, value: after, file: fileOf(key, files) }));
  return { files, settings, packages: PACKAGES.slice(0, -1) };
}

/** Where a setting is written down; what panics is live only, and other tools have to keep it somewhere. */
function fileOf(key, files) {
  return files.find(({ text }) => text.includes(`${key} = `))?.path ?? '/etc/peer-armed.conf';
}

export const describe = ({ files, settings, packages }) =>
  `${files.length} file, ${packages.length} packages, ${settings.length} live settings`;
