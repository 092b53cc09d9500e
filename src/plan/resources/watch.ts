import type { Facts } from '../../facts/facts.ts';
import type { DesiredWatch } from '../../profile/watch.ts';
import type { Context, OwnFile, Proposal } from '../context.ts';
import { guestTemplate } from '../guest-template.ts';
import type { UnitStep } from '../plan.ts';
import { render } from '../render.ts';

export const WATCH_UNIT = 'provision-watch.service';
const UNIT_FILE = `/etc/systemd/system/${WATCH_UNIT}`;
const SCRIPT = '/usr/local/lib/provision/watch';
const LOOKS = '/usr/local/lib/provision/watch.awk';
const CONF = '/etc/provision/watch.conf';
/** The others are started anew for each piece of evidence. */
const RESTART_ON = [SCRIPT, LOOKS, CONF, UNIT_FILE];

/** The watcher's own files; none without systemd to run it. */
export function planWatchFiles({ desired: { watch }, facts, templates }: Context): Proposal {
  if (watch === null || facts.init !== 'systemd') return {};
  const program = (name: string, note?: string): OwnFile => ({
    path: `/usr/local/lib/provision/${name}`,
    text: guestTemplate(templates, `${name}.sh`),
    mode: '0755',
    ...(note === undefined ? {} : { note }),
  });
  const files: OwnFile[] = [
    program('watch', 'looks for tasks that stay blocked'),
    { path: LOOKS, text: guestTemplate(templates, 'watch.awk'), mode: '0644' },
    program('evidence', 'collects and keeps what is to be seen then'),
    program('stacks'),
    program('stacks-sysrq'),
    { path: CONF, text: render(guestTemplate(templates, 'watch.conf'), confOf(watch)), mode: '0644' },
  ];
  // A masked unit is a link to /dev/null that somebody made on purpose.
  if (facts.units[WATCH_UNIT]?.load !== 'masked')
    files.push({ path: UNIT_FILE, text: guestTemplate(templates, WATCH_UNIT), mode: '0644' });
  return { files };
}

/** What watch.conf says; 0 and nothing stand for what is not looked at. */
export function confOf(watch: DesiredWatch): Record<string, string> {
  return {
    blocked: String(watch.blocked),
    memoryFull: String(watch.memoryFull ?? 0),
    ioFull: String(watch.ioFull ?? 0),
    workqueues: watch.workqueues ? 'yes' : '',
    every: String(watch.every),
    keep: String(watch.keep),
    maxKiB: String(watch.maxKiB),
  };
}

/** Enables and starts the watcher, again when what it reads has changed; stops one that the profile no longer wants. */
export function planWatch({ desired: { watch }, facts, before }: Context, changed: ReadonlySet<string>): Proposal {
  // A profile before this one may have had a watcher.
  if (watch === null) return before.base?.before.files[UNIT_FILE] === undefined ? {} : { steps: watchStop(facts) };
  if (facts.init !== 'systemd') {
    const text = `PID 1 is ${facts.init}, not systemd: nothing starts the watcher`;
    return { findings: [{ level: 'skipped', code: 'watch-no-systemd', subject: 'watch', text }] };
  }
  const unit = facts.units[WATCH_UNIT];
  if (unit?.load === 'masked') {
    const text = `${WATCH_UNIT} is masked, so hangs leave no evidence on this guest`;
    const hint = `systemctl unmask ${WATCH_UNIT}`;
    return { findings: [{ level: 'conflict', code: 'watch-masked', subject: WATCH_UNIT, text, hint }] };
  }
  const actions: UnitStep['actions'][number][] = [];
  if (changed.has(UNIT_FILE)) actions.push('reload');
  if (unit?.enabled !== 'enabled') actions.push('enable');
  if (unit?.active !== 'active') actions.push('start');
  else if (RESTART_ON.some((path) => changed.has(path))) actions.push('restart');
  if (actions.length === 0) return {};
  return {
    steps: [
      {
        id: `unit:${WATCH_UNIT}`,
        kind: 'unit',
        risk: 'none',
        undo: 'stopped, disabled, removed',
        note: `keeps evidence ${whenOf(watch)}; at most ${watch.keep} pieces and ${watch.maxKiB / 1024} MiB`,
        unit: WATCH_UNIT,
        actions,
        before: unit === undefined || unit.load === 'not-found' ? 'absent' : `${unit.enabled}, ${unit.active}`,
        after: 'enabled, active',
      },
    ],
  };
}

/** When there is something to keep, in words. */
function whenOf({ blocked, memoryFull, ioFull }: DesiredWatch): string {
  const pressures = [
    ...(memoryFull === null ? [] : [`memory is full ${memoryFull} %`]),
    ...(ioFull === null ? [] : [`io is full ${ioFull} %`]),
  ];
  return [`once a task is blocked for ${blocked} s`, ...pressures].join(' or ');
}

/** Stops and disables the watcher where it runs, or would at the next boot, even when its unit file is gone. */
export function watchStop(facts: Facts): UnitStep[] {
  const unit = facts.units[WATCH_UNIT];
  if (unit === undefined) return [];
  if (unit.enabled !== 'enabled' && !['active', 'activating', 'reloading', 'failed'].includes(unit.active)) return [];
  return [
    {
      id: `unit:${WATCH_UNIT}`,
      kind: 'unit',
      risk: 'none',
      undo: 'started again by the next apply',
      unit: WATCH_UNIT,
      actions: ['stop', 'disable'],
      before: `${unit.enabled}, ${unit.active}`,
      after: 'stopped, disabled',
    },
  ];
}
