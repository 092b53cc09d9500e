import { describe, expect, it } from 'vitest';
import { readInventory } from '../../src/inventory/read.ts';
import { makeResolver } from '../../src/profile/resolve.ts';
import { catalogue, composed } from '../profile/support.ts';

const TEXT = `defaults: { user: root, identity_file: ~/.ssh/id_ed25519 }
groups:
  desktops: { guests: [vm1, vm2], vars: { hung_task.timeout: 120s } }
  slow: { guests: [vm2], become: true, user: slow, vars: { hung_task: { timeout: 300s }, panic.on: [oops] } }
guests:
  vm1: { host: 192.0.2.11, port: 2222, user: ops, become: true, vars: { kdump.crashkernel: 320M } }
  vm2: { host: vm2.example.net, identity_file: [./keys/vm2, ./keys/old], jump: "ops@bastion.example.net,[2001:db8::1]:2200" }
  vm3:
  here: { host: local }
  six: { host: "[2001:db8::7]" }
  "007": { vars: { sysctl: { kernel/panic: 5 } } }
`;

const { guests, groups } = readInventory(TEXT, 'inventory.yaml');
const guest = (name: string): (typeof guests)[number] | undefined => guests.find((each) => each.name === name);

describe('the own format', () => {
  it('is read in the order of the file', () => {
    expect(guests.map(({ name }) => name)).toEqual(['vm1', 'vm2', 'vm3', 'here', 'six', '007']);
    expect(groups).toEqual({ desktops: ['vm1', 'vm2'], slow: ['vm2'] });
  });

  it('a guest wins over its groups, these over defaults', () => {
    expect(guest('vm1')).toEqual({
      name: 'vm1',
      transport: 'ssh',
      host: '192.0.2.11',
      port: 2222,
      user: 'ops',
      identityFiles: ['~/.ssh/id_ed25519'],
      become: true,
      groups: ['desktops'],
      from: { file: 'inventory.yaml', line: 6 },
      vars: [
        { path: 'hung_task.timeout', value: '120s', scope: 'group desktops', file: 'inventory.yaml', line: 3 },
        { path: 'kdump.crashkernel', value: '320M', scope: 'guest vm1', file: 'inventory.yaml', line: 6 },
      ],
    });
    expect(guest('vm2')).toMatchObject({
      user: 'slow',
      become: true,
      identityFiles: ['./keys/vm2', './keys/old'],
      jump: 'ops@bastion.example.net,[2001:db8::1]:2200',
      groups: ['desktops', 'slow'],
    });
  });

  it('a group may be reached in its own way, and a guest of it in another', () => {
    const text = `defaults: { jump: a, transport: openssh }
groups: { near: { guests: [vm2], jump: none } }
guests: { vm1: , vm2: { transport: ssh }, vm3: { jump: "ops@b:2222,[::1]:22" }, here: { host: local } }
`;
    const ways = readInventory(text, 'inventory.yaml').guests.map(({ transport, jump }) => [transport, jump]);
    expect(ways).toEqual([
      ['openssh', 'a'],
      ['ssh', 'none'],
      ['openssh', 'ops@b:2222,[::1]:22'],
      ['local', 'a'],
    ]);
  });

  it('what is not said stays out', () => {
    expect(guest('vm3')).toEqual({
      name: 'vm3',
      transport: 'ssh',
      host: 'vm3',
      user: 'root',
      identityFiles: ['~/.ssh/id_ed25519'],
      become: false,
      groups: [],
      vars: [],
      from: { file: 'inventory.yaml', line: 8 },
    });
    expect(guest('here')).toMatchObject({ transport: 'local' });
    expect(guest('six')).toMatchObject({ host: '2001:db8::7' });
  });

  it('vars reach the desired state, the guest’s last', () => {
    const resolve = makeResolver(composed('hung_task: { timeout: 60s }\nkdump: {}'), { catalogue });
    const timeout = (name: string): string | undefined =>
      resolve(guest(name)?.vars).sysctls.find(({ key }) => key === 'kernel.hung_task_timeout_secs')?.value;
    expect([timeout('vm1'), timeout('vm2'), timeout('vm3')]).toEqual(['120', '300', '60']);
    expect(resolve(guest('vm1')?.vars).kdump?.crashkernel).toBe('320M');
    expect(resolve(guest('007')?.vars).origins['sysctl.kernel.panic']).toMatchObject({
      kind: 'vars',
      scope: 'guest 007',
      line: 11,
    });
    expect(resolve(guest('vm3')?.vars)).toBe(resolve(guest('here')?.vars));
  });
});
