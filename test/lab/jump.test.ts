import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientOf } from './support/client.ts';
import { labUp, ran, type Lab, type LabGuest, type Ran } from './support/lab.ts';

const LIGHT = ['--skip', 'kdump,trace,crash', '--set', 'arm.when=always', '--set', 'arm.after=0s'];
const FLEET = 200;

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
let base: string;

/** ops@gate1 by the lab's key, root@deep1 on another port by a key of its own. */
beforeAll(async () => {
  lab = await labUp({ count: 1, prefix: 'gate', odd: 'sudo' });
  await lab.up({ count: 1, prefix: 'deep' });
  await lab.up({ count: 1, prefix: 'ask', odd: 'sudo-password' });
  await lab.up({ count: FLEET, prefix: 'vm' });
  const key = join(lab.directory, 'deep_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const own = readFileSync(`${key}.pub`, 'utf8');
  await lab.exec(
    'deep1',
    `printf '%s' '${own}' >/root/.ssh/authorized_keys; sed -i 's/^Port .*/Port 2022/' /etc/ssh/sshd_config.d/*.conf; kill -HUP 1`,
  );
  await lab.exec('gate1', `for i in $(seq 100); do (: </dev/tcp/${host('deep1')}/2022) 2>/dev/null && break; sleep 0.1; done`); // prettier-ignore
  const known = readFileSync(lab.knownHosts, 'utf8').replaceAll(`[${host('deep1')}]:2222`, 'deep-alias');
  writeFileSync(lab.knownHosts, known);
  base =
    `Host gate\n HostName ${host('gate1')}\n Port 2222\n User ops\n IdentityFile ${lab.key}\n` +
    `Host deep\n HostName ${host('deep1')}\n Port 2022\n User root\n IdentityFile ${key}\n HostKeyAlias deep-alias\n` +
    `Host *\n IdentitiesOnly yes\n UserKnownHostsFile ${lab.knownHosts}\n GlobalKnownHostsFile /dev/null\n`;
  config();
  provision = clientOf(lab);
});

afterAll(async () => {
  await lab.down();
});

function guest(name: string): LabGuest {
  const found = lab.guests.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no guest ${name}`);
  return found;
}
const host = (name: string): string => guest(name).host;
const config = (first = ''): void => {
  writeFileSync(join(lab.directory, 'ssh_config'), first + base);
};
/** What a guest's sshd logs while something is done. */
async function logged(name: string, act: () => Promise<unknown>): Promise<string> {
  const before = lab.sshdLog(name).length;
  await act();
  return lab.sshdLog(name).slice(before);
}
const connections = (log: string): number => log.match(/^Connection from /gm)?.length ?? 0;

describe.each(['ssh', 'openssh'])('by transport %s', (transport) => {
  const facts = (...args: string[]): Promise<Ran> => provision('facts', ...args, '--transport', transport);

  it('two hops, each with its own user, port, key and host key', async () => {
    let deep = '';
    let said: Ran | undefined;
    const gate = await logged('gate1', async () => {
      deep = await logged('deep1', async () => {
        said = await facts('vm1', '-J', 'gate,deep');
      });
    });
    expect(said?.code, said?.stdout).toBe(0);
    expect(connections(gate)).toBe(1);
    expect(gate).toContain('Accepted publickey for ops');
    expect(connections(deep)).toBe(1);
    expect(deep).toContain('Accepted publickey for root');
  });

  it('a hop of a hop, from ssh_config', async () => {
    config(`Host deep\n ProxyJump gate\nHost ${host('vm1')}\n ProxyJump deep\n`);
    const gate = await logged('gate1', () => facts('vm1'));
    expect(connections(gate)).toBe(1);
    config();
  });

  it('what a hop does wrong has its name', async () => {
    const telling = async (jump: string, code: string, ...words: string[]): Promise<void> => {
      const { code: exit, stdout } = await facts('vm1', '-J', jump);
      const text = stdout.replaceAll(/\s+/g, ' ');
      for (const word of [code, ...words]) expect(text).toContain(word);
      expect(exit).toBe(4);
    };
    await telling('root@gate', 'E_AUTH', 'the jump host root@gate');
    await telling('gate:9', 'E_UNREACHABLE', 'the jump host gate:9');
    config('Host gate\n HostKeyAlias deep-alias\n');
    await telling('gate', 'E_HOST_KEY_CHANGED', 'the jump host gate');
    config('Host gate\n ProxyJump deep\nHost deep\n ProxyJump gate\n');
    await telling('gate', 'E_UNREACHABLE', 'the jump host gate is reached through itself');
    config();
    await lab.exec('gate1', 'echo AllowTcpForwarding no >/etc/ssh/sshd_config.d/a.conf; kill -HUP 1');
    await telling('gate', 'E_UNREACHABLE', 'the jump host');
    await lab.exec('gate1', 'rm /etc/ssh/sshd_config.d/a.conf; kill -HUP 1');
  });

  it('an apply, and a second one that has nothing to do', async () => {
    const via = ['-J', 'gate', '--transport', transport];
    const name = transport === 'ssh' ? 'vm2' : 'vm3';
    const first = await provision('apply', 'debug-panic', name, ...LIGHT, ...via);
    expect(first.code, first.stdout).toBe(0);
    const log = await logged(name, async () => {
      const second = await provision('apply', 'debug-panic', name, ...LIGHT, ...via);
      expect(second.stdout).toContain('as desired');
    });
    expect(connections(log)).toBe(1);
    expect(log.match(/^Starting session: /gm)).toHaveLength(1);
  });

  it.each(transport === 'ssh' ? [25] : [25, FLEET])(
    `${FLEET} guests behind one bastion, which is connected to once, %i handshakes at a time: nobody is lost`,
    async (handshakes) => {
      let said: Ran | undefined;
      const gate = await logged('gate1', async () => {
        said = await facts('vm*', '-J', 'gate', '--forks', String(FLEET), '--handshakes', String(handshakes), '-q');
      });
      expect(said?.code, said?.stdout).toBe(0);
      expect(said?.stdout).toContain(`${FLEET} read`);
      expect(connections(gate)).toBe(1);
    },
  );
});

describe('one sshd with its default MaxStartups, 10:30:100, for two hundred', () => {
  const fleet = (): string => join(lab.directory, 'crowd.yaml');
  beforeAll(async () => {
    const { stdout } = await lab.exec('gate1', 'sshd -T | grep -i ^maxstartups');
    expect(stdout).toBe('maxstartups 10:30:100\n');
    // Every guest has a connection of its own to the same sshd: no jump host takes the crowd off it.
    const one = `host: ${host('gate1')}, port: 2222, user: ops`;
    const names = Array.from({ length: FLEET }, (_, index) => `  crowd${index + 1}: { ${one} }`);
    writeFileSync(fleet(), `guests:\n${names.join('\n')}\n`);
  });

  it.each([
    ['ssh', 25],
    ['ssh', FLEET],
    ['openssh', 25],
    ['openssh', FLEET],
  ])('by transport %s, %i handshakes at a time: nobody is lost', async (transport, handshakes) => {
    const how = [
      '--private-key',
      lab.key,
      '--transport',
      transport,
      '--forks',
      String(FLEET),
      '--handshakes',
      String(handshakes),
    ];
    const { code, stdout } = await provision('facts', '-i', fleet(), '--yes', '-q', ...how);
    expect(code, stdout.slice(-3000)).toBe(0);
    expect(stdout).toContain(`${FLEET} read`);
  });
});

it('a bastion that is pulled under its guests is named for each of them', async () => {
  const guests = ['vm4', 'vm5', 'vm6'];
  // A probe that hangs: the machine's name is read by a program that does not end.
  for (const name of guests) await lab.exec(name, 'mv /usr/bin/dpkg-query /usr/bin/dpkg-query.real; printf "#!/bin/sh\\ntouch /tmp/asked; sleep 60\\n" >/usr/bin/dpkg-query; chmod 755 /usr/bin/dpkg-query'); // prettier-ignore
  const running = provision('plan', 'debug-panic', ...guests, '-J', 'gate');
  for (const name of guests)
    await lab.exec(name, 'for i in $(seq 300); do [ -e /tmp/asked ] && exit; sleep 0.1; done; exit 1');
  await lab.kill('gate1');
  const { stdout } = await running;
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('vm4, vm5, vm6');
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the jump host gate is gone');
  await lab.start('gate1');
});

describe('keys', () => {
  it('an encrypted key in an agent, on the hop and behind it', async () => {
    const locked = join(lab.directory, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', locked]);
    const own = readFileSync(`${locked}.pub`, 'utf8');
    await lab.exec('gate1', `printf '%s' '${own}' >>/home/ops/.ssh/authorized_keys`);
    await lab.exec('vm7', `printf '%s' '${own}' >/root/.ssh/authorized_keys`);
    const only = base.replaceAll(`IdentityFile ${lab.key}`, `IdentityFile ${locked}.pub`);
    writeFileSync(join(lab.directory, 'ssh_config'), only);
    const guests = join(lab.directory, 'agent.yaml');
    writeFileSync(guests, `guests: { vm7: { host: ${host('vm7')}, port: 2222, user: root, jump: gate } }\n`);
    appendFileSync(join(lab.directory, 'ssh_config'), ` IdentityFile ${locked}.pub\n`);
    const socket = join(lab.directory, 'agent');
    const agent = execFileSync('ssh-agent', ['-a', socket]).toString();
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: join(lab.directory, 'askpass'), SSH_ASKPASS_REQUIRE: 'force' }; // prettier-ignore
      writeFileSync(env.SSH_ASKPASS, "#!/bin/sh\necho 'open sesame'\n", { mode: 0o700 });
      expect((await ran('ssh-add', [locked], env)).code).toBe(0);
      const { code, stdout } = await clientOf(lab, { SSH_AUTH_SOCK: socket })('facts', 'vm7', '-i', guests);
      expect(code, stdout).toBe(0);
      const without = await clientOf(lab, { SSH_AUTH_SOCK: '' })('facts', 'vm7', '-i', guests);
      expect(without.code).toBe(4);
      expect(without.stdout).toContain('E_AUTH');
    } finally {
      process.kill(pid);
      config();
    }
  });

  it('sudo with a password through the ssh of this machine', async () => {
    const client = clientOf(lab, { PROVISION_BECOME_PASSWORD: guest('ask1').password ?? '' });
    const args = ['ask1', ...LIGHT, '-K', '--transport', 'openssh', '-J', 'gate'];
    const { code, stdout } = await client('apply', 'debug-panic', ...args);
    expect(code, stdout).toBe(0);
    const wrong = await clientOf(lab, { PROVISION_BECOME_PASSWORD: 'wrong' })('verify', 'debug-panic', ...args);
    expect(wrong.stdout).toContain('E_SUDO');
  });
});
