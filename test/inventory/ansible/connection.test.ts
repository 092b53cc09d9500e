import { describe, expect, it } from 'vitest';
import { jumpOf } from '../../../src/inventory/ansible/ssh-args.ts';
import { readInventory } from '../../../src/inventory/read.ts';
import { selectGuests, throwProblems } from '../../../src/inventory/select.ts';
import { errorOf } from '../../profile/support.ts';

const guestOf = (settings: string): object => {
  const inventory = readInventory(`[g]\nh ${settings}\n`, 'hosts');
  throwProblems(inventory, inventory.guests);
  return inventory.guests[0]!;
};

describe('Ansible’s connection variables', () => {
  it.each([
    ['', { transport: 'ssh', host: 'h', become: false, groups: ['g'], from: { file: 'hosts', line: 2 } }],
    ['ansible_host=192.0.2.1 ansible_port=2222 ansible_user=ops', { host: '192.0.2.1', port: 2222, user: 'ops' }],
    ['ansible_ssh_host=a ansible_host=b', { host: 'a' }],
    ['ansible_ssh_port=1 ansible_port=2 ansible_ssh_user=x ansible_user=y', { port: 1, user: 'x' }],
    ['ansible_host=2001:db8::1', { host: '2001:db8::1' }],
    ['ansible_host=[2001:db8::1]', { host: '2001:db8::1' }],
    ['ansible_ssh_private_key_file=~/.ssh/k', { identityFiles: ['~/.ssh/k'] }],
    ['ansible_private_key_file=./k', { identityFiles: ['./k'] }],
    ['ansible_become=yes', { become: true }],
    ['ansible_become=True', { become: true }],
    ['ansible_become=1', { become: true }],
    ['ansible_become=no ansible_become_user=postgres', { become: false }],
    ['ansible_become=true ansible_become_user=root ansible_become_method=sudo', { become: true }],
    ['ansible_connection=local ansible_host=x', { transport: 'local', host: 'local' }],
    ['ansible_connection=ansible.builtin.ssh', { transport: 'ssh' }],
    ['ansible_ssh_common_args="-J ops@b"', { jump: 'ops@b' }],
    ['ansible_ssh_extra_args="-J b" ansible_ssh_common_args="-o ProxyJump=a:22,c"', { jump: 'a:22,c' }],
    ['ansible_ssh_args="-C -o UserKnownHostsFile={{ dir }}/known"', { host: 'h' }],
    ['ansible_user= ansible_host=""', { host: 'h' }],
    ['ansible_password=x ansible_become_password="{{ vault }}" ansible_python_interpreter=/x', { host: 'h' }],
  ])('%s', (settings, expected) => {
    expect(guestOf(settings)).toMatchObject(expected);
  });

  it.each([
    ['ansible_host="{{ ip }}"', 14, /ansible_host is a template, "\{\{ ip \}\}", which only Ansible can fill in/],
    ['ansible_user="{% x %}"', 14, /ansible_user is a template/],
    ['ansible_host="a b"', 14, /takes a host name or an address/],
    ['ansible_host=-oX', 14, /takes a host name or an address/],
    ['ansible_port=0', 14, /takes 1 to 65535/],
    ['ansible_port=ssh', 14, /takes 1 to 65535/],
    ['ansible_user="a b"', 14, /takes a login name/],
    ['ansible_become=maybe', 16, /takes true or false/],
    ['ansible_become=yes ansible_become_user=postgres', 40, /ansible_become_user takes root alone, not "postgres"/],
    ['ansible_become=yes ansible_become_method=doas', 42, /takes sudo alone/],
    ['ansible_connection=winrm', 20, /ansible_connection takes ssh or local, not "winrm"/],
    ['ansible_connection=community.docker.docker', 20, /takes ssh or local/],
    ['ansible_ssh_common_args="-o ProxyCommand=nc"', 25, /cannot be told as a jump host/],
    ['ansible_ssh_common_args="-J {{ b }}"', 25, /is a template/],
    ['ansible_ssh_common_args="-J a,,b"', 25, /is no jump host/],
    ['ansible_host=[1,2]', 14, /takes one value/],
  ])('%s is a problem of that guest, with its place', (settings, col, says) => {
    const error = errorOf(() => guestOf(settings));
    expect(error.message).toMatch(says);
    expect(error).toMatchObject({ code: 'E_INVENTORY', where: { file: 'hosts', line: 2, col: col + 2 } });
  });

  it('a problem matters once its guest is chosen', () => {
    const inventory = readInventory('[g]\nsw ansible_connection=network_cli\nvm1\n', 'hosts');
    expect(() => throwProblems(inventory, selectGuests(inventory, ['vm1']))).not.toThrow();
    expect(() => throwProblems(inventory, selectGuests(inventory, ['g']))).toThrow(
      'ansible_connection takes ssh or local',
    );
  });

  it('what is wrong with a group is said once', () => {
    const inventory = readInventory('[g]\na\nb\nc\n[g:vars]\nansible_user="{{ u }}"\n', 'hosts');
    const error = errorOf(() => throwProblems(inventory, inventory.guests));
    expect(error).toMatchObject({ errors: { length: 1 }, where: { line: 6 } });
  });

  it('passwords beside what is wrong are not shown', () => {
    const error = errorOf(() => guestOf('ansible_password=hunter2 ansible_host="{{ ip }}"'));
    expect(JSON.stringify(error.where)).toContain('ansible_password=*******');
    expect(JSON.stringify([error.where, error.message, error.hint])).not.toContain('hunter2');
  });

  it('an encrypted value is an error only where it is needed', () => {
    const text =
      'all:\n  hosts:\n    a: { ansible_password: !vault x, secret: !vault y }\n    b: { ansible_host: !vault z }\n';
    const inventory = readInventory(text, 'hosts.yml');
    expect(() => throwProblems(inventory, selectGuests(inventory, ['a']))).not.toThrow();
    expect(errorOf(() => throwProblems(inventory, selectGuests(inventory, ['b'])))).toMatchObject({
      message: 'ansible_host is encrypted with ansible-vault',
      where: { file: 'hosts.yml', line: 4 },
    });
  });
});

describe('arguments of ssh', () => {
  it.each([
    ['', undefined],
    ['-o StrictHostKeyChecking=no -C', undefined],
    ['-J a', { jump: 'a' }],
    ['-Ja@b:2,c', { jump: 'a@b:2,c' }],
    ['-o ProxyJump=a', { jump: 'a' }],
    ['-oProxyJump=a', { jump: 'a' }],
    ['-o "ProxyJump a"', { jump: 'a' }],
    ["-o 'proxyjump=ssh://ops@a:22'", { jump: 'ops@a:22' }],
    ['-o ProxyJump=none', { jump: 'none' }],
    ['-o ProxyCommand=none', { jump: 'none' }],
    ['-o ProxyCommand="ssh -W %h:%p -q ops@b"', { jump: 'ops@b' }],
    [
      "-o ProxyCommand='/usr/bin/ssh -q -o StrictHostKeyChecking=no -l ops -p 2222 b -W [%h]:%p'",
      { jump: 'ops@b:2222' },
    ],
    ["-o ProxyCommand='ssh -W %h:%p -i key b'", { jump: 'b' }],
    ["-o ProxyCommand='ssh b nc %h %p'", { problem: 'this ProxyCommand cannot be told as a jump host' }],
    ["-o ProxyCommand='ssh -J c -W %h:%p b'", { problem: 'this ProxyCommand cannot be told as a jump host' }],
    ['-o "ProxyJump', { problem: 'a quote (") is not closed' }],
  ])('%s', (args, jump) => {
    expect(jumpOf(args)).toEqual(jump);
  });
});
