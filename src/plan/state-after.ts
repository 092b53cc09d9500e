import { isDeepStrictEqual } from 'node:util';

import { sha256 } from '../facts/files.ts';
import type { FileBefore, GuestState } from '../facts/state.ts';
import type { Context, OwnFile } from './context.ts';
import type { StateStep, Step } from './plan.ts';

/**
 * The state to record once the steps are done: what was there before us, and what we leave. null when the guest's own
 * record already says it and there is nothing else to do, so that a no-op writes nothing.
 * @param managed every path that the profile wants something of, ours or not
 */
export function stateAfter(
  context: Context,
  own: readonly OwnFile[],
  managed: ReadonlySet<string>,
  steps: readonly Step[],
): StateStep | null {
  const { state: recorded, pending } = context.facts;
  const after = describeState(context, own, managed, steps);
  const same = recorded !== null && isDeepStrictEqual({ ...recorded, planHash: '' }, after);
  if (same && pending === null && !steps.some(({ kind }) => kind !== 'reboot')) return null;
  return {
    id: 'state:record',
    kind: 'state',
    risk: 'none',
    undo: 'removed',
    ...(pending !== null && steps.length === 0 ? { note: 'completes an apply that was cut off' } : {}),
    after,
    intent: withFormer(after, context.before.base),
  };
}

/** Cut off half way, a guest has to be taken back from what the former profile changed as well. */
function withFormer(after: GuestState, former: GuestState | null): GuestState {
  if (former === null) return after;
  const directories = [...new Set([...former.before.directories, ...after.before.directories])].sort();
  return {
    ...after,
    before: {
      sysctls: { ...former.before.sysctls, ...after.before.sysctls },
      files: { ...former.before.files, ...after.before.files },
      directories,
    },
  };
}

function describeState(
  context: Context,
  own: readonly OwnFile[],
  managed: ReadonlySet<string>,
  steps: readonly Step[],
): GuestState {
  const { before, desired } = context;
  const files: Record<string, FileBefore> = {};
  for (const path of managed) {
    const known = before.base?.before.files[path];
    if (known !== undefined) files[path] = known;
  }
  for (const { path } of own) files[path] = before.file(path);
  for (const step of steps) {
    if (step.kind === 'file' && managed.has(step.path)) files[step.path] = before.file(step.path);
    // Its content is known to the guest alone; the package's original is kept there before the edit.
    if (step.kind === 'keys') files[step.path] = 'backup';
  }
  const held = own.map(({ path }) => path);
  return {
    format: 1,
    profile: desired.profile,
    planHash: '',
    disarmed: false,
    before: {
      sysctls: beforeSysctls(context),
      files,
      directories: before.directories(held.length === 0 ? [] : [...directoriesOf(held), ...UNIT_DIRECTORIES]),
    },
    files: Object.fromEntries(own.map(({ path, text }) => [path, sha256(text)])),
    sysctls: Object.fromEntries(context.settings.map(({ key, value }) => [key, value])),
    packages: packagesAfter(context, steps),
  };
}

function beforeSysctls(context: Context): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { key } of context.settings) {
    const value = context.before.sysctl(key);
    if (value !== null) values[key] = value;
  }
  return values;
}

function packagesAfter(context: Context, steps: readonly Step[]): string[] {
  const ours = new Set(context.before.base?.packages);
  for (const step of steps) {
    if (step.kind !== 'package') continue;
    for (const { action, name } of step.actions) if (action === 'install') ours.add(name);
    if (step.actions.length === 0) for (const name of step.names) ours.add(name);
  }
  return [...ours].sort();
}

/** systemctl enable makes the second where it is missing. */
const UNIT_DIRECTORIES = ['/etc/systemd/system/multi-user.target.wants'];

/** Every directory that an apply may have to make; the probe looks for them. */
export const DIRECTORIES_OF_INTEREST: readonly string[] = [
  ...directoriesOf([
    '/etc/sysctl.d/x',
    '/etc/provision/armed.d/x',
    '/etc/systemd/system/kdump-tools-dump.service.d/x',
    '/usr/local/lib/provision/arm',
    '/etc/default/grub.d/x',
  ]),
  ...UNIT_DIRECTORIES,
];

/** Parents of our files that a bare system may lack, deepest last. */
export function directoriesOf(paths: readonly string[]): string[] {
  const directories = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    parts.forEach((_part, index) => directories.add('/' + parts.slice(0, index + 1).join('/')));
  }
  return [...directories].sort();
}
