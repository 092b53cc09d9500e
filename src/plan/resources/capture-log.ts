import type { Context, OwnFile, Proposal } from '../context.ts';
import { guestTemplate } from '../guest-template.ts';

const DROP_IN = '/etc/systemd/system/kdump-tools-dump.service.d/provision-log.conf';
const UNIT_FILE = '/etc/systemd/system/provision-capture-log.service';
const SCRIPT = '/usr/local/lib/provision/capture-log';

/** What keeps the capture kernel's own words beside the dump. Nothing to enable: the dump's unit wants it. */
export function planCaptureLog({ desired, facts, templates }: Context): Proposal {
  if (desired.kdump === null || facts.init !== 'systemd') return {};
  const files: OwnFile[] = [
    { path: SCRIPT, text: guestTemplate(templates, 'capture-log.sh'), mode: '0755' },
    { path: UNIT_FILE, text: guestTemplate(templates, 'provision-capture-log.service'), mode: '0644' },
    {
      path: DROP_IN,
      text: guestTemplate(templates, 'kdump-tools-dump-log.conf'),
      mode: '0644',
      note: 'keeps what the capture kernel says beside the dump',
    },
  ];
  return { files };
}
