import { spot, type Mark } from '../mark.ts';
import type { Definitions, HostDefinition } from './definitions.ts';

/** The port of `web1:2222`. As in Ansible it counts only where the host is new; elsewhere it must not differ. */
export function setPort(into: Definitions, host: HostDefinition, port: number, isNew: boolean, mark: Mark): void {
  const before = host.vars.get('ansible_port');
  if (isNew) into.set(host, 'ansible_port', { value: port, mark });
  else if (Number(before?.value) !== port) {
    const known =
      before === undefined ? `none in ${spot(host.mark)}` : `${JSON.stringify(before.value)} in ${spot(before.mark)}`;
    into.error(`${host.name} has the port ${port} here and ${known}`, 'keep one of them', mark);
  }
}
