import { homedir, userInfo } from 'node:os';
import { ProvisionError } from '../../errors.ts';
import { hostNames, type ConfigLine } from '../../guest/ssh-config.ts';
import { loadSshConfig } from '../../guest/ssh-config-file.ts';
import { sshOptions } from '../../guest/ssh-options.ts';
import type { Guest } from '../../inventory/guest.ts';
import type { Source } from '../../inventory/read.ts';

/** The Host names of an ssh_config without wildcards, each with what the file says of it. */
export function sshConfigGuests(file: string): Source {
  const lines = loadSshConfig({ home: homedir(), only: file });
  const places = hostPlaces(lines);
  const problems = new Map<string, ProvisionError[]>();
  const guests = hostNames(lines).map((name): Guest => {
    const guest = { name, transport: 'ssh', host: name, become: false, groups: [], vars: [] } as const;
    const from = places.get(name) ?? { file };
    try {
      const { hostName, port, user, identityFiles, proxy } = sshOptions(lines, {
        host: name,
        localUser: userInfo().username,
      });
      if (proxy?.option === 'ProxyCommand') {
        const details = { hint: 'say the same with ProxyJump', where: from };
        problems.set(name, [new ProvisionError('E_INVENTORY', `${name} needs a ProxyCommand`, details)]);
      }
      return {
        ...guest,
        host: hostName,
        ...(port === undefined ? {} : { port }),
        ...(user === undefined ? {} : { user }),
        ...(identityFiles.length === 0 ? {} : { identityFiles }),
        ...(proxy?.option === 'ProxyJump' ? { jump: proxy.value } : {}),
        from,
      };
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      problems.set(name, [error]);
      return { ...guest, from };
    }
  });
  return { kind: 'guests', guests, problems };
}

/** Where each Host name stands first. */
function hostPlaces(lines: readonly ConfigLine[]): Map<string, { file: string; line: number }> {
  const all = lines.flatMap((line): [string, { file: string; line: number }][] => {
    if (line.kind === 'include') return line.files.flatMap((file) => [...hostPlaces(file)]);
    return line.kind === 'host' ? line.args.map((name) => [name, { file: line.file, line: line.line }]) : [];
  });
  return new Map(all.reverse());
}
