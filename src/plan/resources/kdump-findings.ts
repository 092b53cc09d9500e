import type { Facts } from '../../facts/facts.ts';
import { rebootsByKexec } from '../../facts/kdump-config.ts';
import type { Context } from '../context.ts';
import type { Crashkernel } from '../crashkernel.ts';
import type { Finding, RebootStep, UnitStep } from '../plan.ts';
import { NOT_READY } from './kdump-service.ts';

interface Planned {
  readonly service: UnitStep | null;
  readonly reboot: RebootStep | null;
}

/** What a person should know about kdump on this guest and no step of the plan says. */
export function kdumpFindings(context: Context, wanted: Crashkernel, planned: Planned): Finding[] {
  return [
    ...notReady(context, planned),
    ...tooSmall(wanted),
    ...(planned.reboot === null ? [] : kexecReboot(context.facts)),
  ];
}

/** Before a reboot that is due nothing can be said, and what the plan mends is told by its step. */
function notReady({ facts }: Context, { service, reboot }: Planned): Finding[] {
  if (service !== null || reboot !== null) return [];
  const { state, reason, hint } = facts.readiness;
  if (state === 'ready') return [];
  const finding: Finding = {
    level: 'conflict',
    code: `${NOT_READY}${state}`,
    subject: 'kdump',
    text: `${state}: ${reason}`,
  };
  return [hint === null ? finding : { ...finding, hint }];
}

function tooSmall({ value, bytes, computed, estimate }: Crashkernel): Finding[] {
  const mib = (bytes ?? 0) / 1024 / 1024;
  if (bytes === null || bytes === 0 || mib >= estimate.leastMiB) return [];
  const asked = computed ? `${value} stays until the next boot` : `${value} asked`;
  const text = `${asked}, the sum says ${estimate.sizeMiB}M: ${estimate.sum}`;
  const hint = 'the capture may run out of memory; crashkernel: auto follows the sum';
  return [{ level: 'note', code: 'crashkernel-small', subject: 'crashkernel', text, hint }];
}

/** A kexec would start the next kernel with this boot's command line, and reserve nothing. */
function kexecReboot({ files, kexec }: Facts): Finding[] {
  const configured = rebootsByKexec(files);
  if (!configured && kexec.loaded !== true) return [];
  const why = configured ? 'LOAD_KEXEC=true in /etc/default/kexec' : 'a kernel is loaded for kexec';
  const text = `${why}: a reboot by kexec keeps the old command line and reserves nothing, so it is a firmware reboot that is needed`;
  const hint = '--reboot does one; by hand: kexec -u, then SYSTEMCTL_SKIP_AUTO_KEXEC=1 reboot';
  return [{ level: 'note', code: 'kexec-reboot', subject: 'reboot', text, hint }];
}
