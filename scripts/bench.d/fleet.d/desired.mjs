// The state that all are given: that of debug-panic on a full guest, without the sections that need a boot loader and the
// kernel's own headers. Every tool is told the same files, packages, live settings and unit.

/** What else a person says to provision to mean that state. */
export const FULL = [
  ...['--skip', 'kdump'],
  ...['trace.headers=false', 'arm.when=always', 'arm.after=0s'].flatMap((set) => ['--set', set]),
];
/** The packages of the state, and what Ansible needs on a guest to ask apt: guests have them already. */
export const PACKAGES = ['kexec-tools', 'makedumpfile', 'crash', 'bpftrace', 'bpfcc-tools', 'python3-apt'];

/** The state as provision means it, from its plan for a guest that has none of it. */
export function stateOf(plan) {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  const files = steps.filter(({ kind }) => kind === 'file').map((step) => ({ path: step.path, ...step.after }));
  const settings = steps
    .filter(({ kind }) => kind === 'sysctl' || kind === 'armed')
    .map(({ key, after }) => ({ key, value: after, file: files.find(({ text }) => text.includes(`${key} = `)).path }));
  return {
    files,
    settings,
    units: steps.filter(({ kind }) => kind === 'unit').map(({ unit }) => unit),
    packages: PACKAGES.slice(0, -1),
  };
}

export const describe = ({ files, settings, units, packages }) =>
  `${files.length} files, ${packages.length} packages, ${settings.length} live settings, ${units.length} unit`;
