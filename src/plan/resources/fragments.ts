import type { DesiredSysctl } from '../../profile/desired.ts';
import type { Context, OwnFile, Proposal } from '../context.ts';
import { render } from '../render.ts';
import { guestTemplate } from '../guest-template.ts';

const BOOT_PREFIX = '/etc/sysctl.d/60-provision-';
export const ARMED_DIRECTORY = '/etc/provision/armed.d';

/** The sysctl fragments: what is safe at every boot, and what only the arm gate may apply. */
export function planFragments(context: Context): Proposal {
  const { desired, templates, settings } = context;
  const files: OwnFile[] = [];
  const boot = settings.filter((setting) => !setting.armed);
  if (boot.length > 0) {
    files.push({
      path: bootFragment(desired.profile),
      text: render(guestTemplate(templates, 'sysctl-boot.conf'), { profile: desired.profile, settings: lines(boot) }),
      mode: '0644',
    });
  }
  const armed = settings.filter((setting) => setting.armed);
  if (armed.length > 0 && context.facts.init === 'systemd') {
    files.push({
      path: `${ARMED_DIRECTORY}/${desired.profile}.conf`,
      text: render(guestTemplate(templates, 'sysctl-armed.conf'), { profile: desired.profile, settings: lines(armed) }),
      mode: '0644',
    });
  }
  return { files };
}

export function bootFragment(profile: string): string {
  return `${BOOT_PREFIX}${profile}.conf`;
}

export function isBootFragment(path: string): boolean {
  return path.startsWith(BOOT_PREFIX);
}

function lines(settings: readonly DesiredSysctl[]): string {
  return settings.map(({ key, value }) => `${key} = ${value}`).join('\n');
}
