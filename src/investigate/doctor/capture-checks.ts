import type { DiskFact, ReadinessState } from '../../facts/facts.ts';
import { dumpsLeave, kdumpSetting } from '../../facts/kdump-config.ts';
import { bad, ok, onGuest, warn, type Checkup, type Patient } from './checkup.ts';

/** Of RAM: what `makedumpfile -c -d 31` leaves on a guest that is in use; never less than this. See plan/disk-checks.ts. */
const DUMP_PART = 8;
const SMALLEST_DUMP_KIB = 256 * 1024;
const GIB = 1024 * 1024;

/** States that only another boot mends. */
const REBOOTS: ReadonlySet<ReadinessState> = new Set<ReadinessState>(['not-reserved', 'reservation-failed']);

/** Whether a crash would leave a dump. */
export function kdumpChecks({ guest, facts }: Patient): Checkup[] {
  const { state, reason, hint } = facts.readiness;
  if (state === 'ready') return [ok('kdump', reason)];
  if (state === 'no-support' || state === 'capturing') return [bad('kdump', reason, hint)];
  const apply = `provision apply kdump ${guest}${REBOOTS.has(state) ? ' --reboot' : ''}`;
  return [bad('kdump', reason, apply)];
}

/** Whether a hang becomes a crash. */
export function armedChecks({ guest, facts }: Patient): Checkup[] {
  const { arm, state, sysctls } = facts;
  const panics = sysctls['kernel.hung_task_panic'];
  if (arm.state === 'armed') return [ok('armed', arm.reason === '' ? 'panics are armed' : arm.reason)];
  if (state?.disarmed === true)
    return [warn('armed', `${state.profile} is applied and disarmed`, `provision arm ${guest}`)];
  if (arm.state === 'waiting') return [warn('armed', `not yet: ${arm.reason}`)];
  if (arm.state === 'refused' || arm.state === 'failed')
    return [bad('armed', `${arm.state}: ${arm.reason}`, `provision arm ${guest}`)];
  if (panics !== undefined && panics !== null && panics !== '0')
    return [warn('armed', 'hung_task_panic is set by other means than provision, ready for a dump or not')];
  return [warn('armed', 'a hang does not panic: it leaves no dump', `provision apply debug-panic ${guest}`)];
}

/** Room for a dump. */
export function diskChecks({ facts, instruments }: Patient): Checkup[] {
  if (dumpsLeave(facts.files)) return [ok('disk', 'dumps leave the guest')];
  const directory = kdumpSetting(facts.files, 'KDUMP_COREDIR') ?? '/var/crash';
  const disk = diskOf(facts.disks, directory);
  if (disk === null)
    return [{ topic: 'disk', level: 'unknown', text: `the disk of ${directory} is not known`, mend: null }];
  const ram = facts.physicalKiB ?? facts.memTotalKiB;
  const filtered = instruments.tools['makedumpfile'] !== undefined;
  const usual = filtered ? Math.max(Math.ceil(ram / DUMP_PART), SMALLEST_DUMP_KIB) : ram;
  const free = `${gib(disk.freeKiB)} free on ${disk.path}`;
  const free_up = onGuest(`du -xsh ${directory}/* | sort -h   (then remove what is not needed)`);
  if (disk.freeKiB < usual)
    return [
      bad('disk', `${free}, and a dump takes about ${gib(usual)}${filtered ? '' : ' without makedumpfile'}`, free_up),
    ];
  if (disk.freeKiB < ram) return [warn('disk', `${free}: enough for a usual dump, not for all of RAM (${gib(ram)})`)];
  return [ok('disk', `${free}, RAM is ${gib(ram)}`)];
}

/** What former crashes left. */
export function crashChecks({ guest, instruments, dumps }: Patient): Checkup[] {
  const kept: Checkup[] =
    instruments.pstore.length === 0
      ? []
      : [
          warn(
            'crashes',
            `firmware kept ${instruments.pstore.length} records of a panic in /sys/fs/pstore`,
            onGuest('head -c 4000 /sys/fs/pstore/*'),
          ),
        ];
  if (dumps === null)
    return [{ topic: 'crashes', level: 'unknown', text: 'this user may not see dumps', mend: null }, ...kept];
  const [newest] = dumps.dumps;
  if (newest === undefined) return [ok('crashes', `no dump in ${dumps.coredir}`), ...kept];
  const when = new Date(newest.time * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const said = newest.panic === null ? '' : `: ${newest.panic}`;
  const of = dumps.dumps.length === 1 ? '1 dump' : `${dumps.dumps.length} dumps, the newest`;
  const { verdict } = newest;
  return [
    verdict.valid
      ? { ...ok('crashes', `${of} of ${when} UTC${said}`), mend: `provision dumps fetch ${guest}` }
      : bad(
          'crashes',
          `${of} of ${when} UTC cannot be read (${verdict.reason})${said}`,
          `provision dumps list ${guest} --deep`,
        ),
    ...kept,
  ];
}

/** The disk that a path is on: the longest mount point above it. */
function diskOf(disks: readonly DiskFact[], path: string): DiskFact | null {
  const above = disks.filter(({ path: mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`));
  return [...above].sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

function gib(kib: number): string {
  return `${(kib / GIB).toFixed(1)} GiB`;
}
