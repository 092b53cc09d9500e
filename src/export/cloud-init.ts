import { stringify } from 'yaml';
import type { EndState } from './end-state.ts';
import { asComment, headerLines } from './header.ts';
import { exportScript, type ExportTexts } from './script.ts';

/** In memory only: gone after the first boot, which is the one that needs it. */
const SCRIPT = '/run/provision-export.sh';

const REMARKS = [
  '',
  'The script below does all of it, once, at the end of the first boot; its output is in /var/log/cloud-init-output.log. A',
  'reboot that is due is done by cloud-init. Where user-data has a limit (16 KiB on EC2), give it compressed: gzip -9 FILE.',
];

/**
 * cloud-init user-data: the script of `--format sh`, run once. One script and not modules of cloud-init's, since what they
 * would be told (the kernel's headers, the reservation, which settings there are) is known only on the guest.
 */
export function exportCloudInit(state: EndState, texts: ExportTexts): string {
  const config = {
    write_files: [{ path: SCRIPT, permissions: '0700', owner: 'root:root', content: exportScript(state, texts) }],
    runcmd: [['sh', SCRIPT]],
    ...(state.crashkernel === null ? {} : { power_state: REBOOT }),
  };
  const header = asComment([...headerLines(state, texts.export, texts.version), ...REMARKS]);
  return `#cloud-config\n${header}${stringify(config, { lineWidth: 0 })}`;
}

const REBOOT = {
  mode: 'reboot',
  message: 'provision: the crash kernel gets its memory at boot',
  condition: ['test', '-e', '/run/reboot-required'],
};
