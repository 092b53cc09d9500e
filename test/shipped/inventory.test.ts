import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadInventories } from '../../src/shipped/inventory.ts';
import { errorOf } from '../profile/support.ts';

function folderOf(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith('#!')) chmodSync(path, 0o755);
  }
  return (name) => join(folder, name);
}

const program = (body: string): ((name: string) => string) => folderOf({ inv: `#!/bin/sh\n${body}\n` });

describe('programs', () => {
  it('are asked once when they say everything at once', () => {
    const at = program(
      `[ "$1" = --list ] && echo '{"web": ["w1"], "_meta": {"hostvars": {"w1": {"ansible_host": "192.0.2.1"}}}}'`,
    );
    const { guests, groups } = loadInventories([at('inv')]);
    expect(guests).toMatchObject([{ name: 'w1', host: '192.0.2.1', groups: ['web'], from: { file: at('inv') } }]);
    expect(groups).toEqual({ web: ['w1'] });
  });

  it('are asked for each host when they do not', () => {
    const at = program(
      `case $1 in --list) echo '{"web": ["w1", "w2"]}' ;; --host) [ "$2" = w1 ] && echo '{"ansible_user": "ops"}'; exit 0 ;; esac`,
    );
    expect(loadInventories([at('inv')]).guests.map(({ user }) => user)).toEqual(['ops', undefined]);
  });

  it('may warn on stderr', () => {
    const at = program(`echo warning >&2; echo '{"web": ["w1"], "_meta": {}}'`);
    expect(loadInventories([at('inv')]).guests).toHaveLength(1);
  });

  it.each([
    ['echo one >&2; echo "no token" >&2; exit 3', /--list ended with exit code 3/, /it said: one\nno token/],
    ['exit 1', /--list ended with exit code 1/, /said nothing on stderr/],
    ['kill -9 $$', /--list was ended by SIGKILL/, /./],
    ['echo hello', /printed no JSON/, /a dynamic inventory prints/],
    ['echo "[]"', /printed no JSON object/, /./],
    ['', /printed no JSON/, /./],
  ])('%s is an error with what it said', (body, says, hint) => {
    const at = program(body);
    expect(errorOf(() => loadInventories([at('inv')]))).toMatchObject({
      code: 'E_INVENTORY',
      message: expect.stringMatching(says) as string,
      hint: expect.stringMatching(hint) as string,
      where: { file: at('inv') },
    });
  });

  it('that hang are ended', () => {
    const at = program('echo waiting >&2; exec sleep 1000');
    expect(errorOf(() => loadInventories([at('inv')], { programTimeoutMs: 300 }))).toMatchObject({
      message: '--list took longer than 0.3 s',
      hint: 'it said: waiting',
    });
  });

  it('whose interpreter is missing say so', () => {
    const at = folderOf({ inv: '#!/nonexistent/python\n' });
    expect(errorOf(() => loadInventories([at('inv')])).message).toContain(
      'is the interpreter of its first line there?',
    );
  });

  it('that may not be executed are no inventories of another kind', () => {
    const at = folderOf({ inv: '#!/bin/sh\necho {}\n' });
    chmodSync(at('inv'), 0o644);
    expect(errorOf(() => loadInventories([at('inv')])).hint).toContain('chmod +x');
  });

  it('a file that may be executed and is no program is read', () => {
    const at = folderOf({ hosts: '[web]\nw1\n' });
    chmodSync(at('hosts'), 0o755);
    expect(loadInventories([at('hosts')]).guests).toHaveLength(1);
  });
});

describe('several inventories', () => {
  it('of different kinds add up', () => {
    const at = folderOf({
      hosts: '[desktops]\nw1\n',
      'mine.yaml': 'guests: { vm1: , vm2: }\ngroups: { desktops: { guests: [vm1] } }\n',
      config: 'Host lab*\n  User lab\nHost lab1 lab2\n  HostName %h.example.org\n  Port 2200\n  ProxyJump ops@b\n',
    });
    const { guests, groups, tree } = loadInventories([at('hosts'), at('mine.yaml'), at('config')]);
    expect(guests.map(({ name }) => name)).toEqual(['w1', 'vm1', 'vm2', 'lab1', 'lab2']);
    expect(groups).toEqual({ desktops: ['w1', 'vm1'] });
    expect(tree.get('all')).toEqual({ children: ['desktops'], guests: ['vm2', 'lab1', 'lab2'] });
    expect(guests[3]).toMatchObject({
      host: 'lab1.example.org',
      user: 'lab',
      port: 2200,
      jump: 'ops@b',
      from: { file: at('config'), line: 3 },
    });
  });

  it.each([
    ['[web]\nvm1\n', /"vm1" is in two inventories, .*hosts:2 too/],
    ['[vm1]\nw1\n', /"vm1" is a guest here and a group in another inventory/],
    ['[web]\ndesktops\n', /"desktops" is a guest here and a group/],
  ])('of different kinds do not define the same: %j', (hosts, says) => {
    const at = folderOf({ hosts, 'mine.yaml': 'guests: { vm1: }\ngroups: { desktops: { guests: [vm1] } }\n' });
    expect(errorOf(() => loadInventories([at('hosts'), at('mine.yaml')])).message).toMatch(says);
  });

  it('a list of hosts is one', () => {
    expect(loadInventories(['vm1, vm2:2222,']).guests).toMatchObject([{ name: 'vm1' }, { name: 'vm2', port: 2222 }]);
  });

  it('the copy of what ansible-inventory printed is one', () => {
    const at = folderOf({ copy: '{"web": {"hosts": ["w1"]}, "_meta": {"hostvars": {"w1": {"ansible_user": "ops"}}}}' });
    expect(loadInventories([at('copy')]).guests).toMatchObject([{ name: 'w1', user: 'ops' }]);
  });
});

describe('folders', () => {
  it('of which nothing is read are an error', () => {
    const at = folderOf({ 'inv/hosts.ini': '[web]\nw1\n' });
    expect(errorOf(() => loadInventories([at('inv')]))).toMatchObject({
      message: 'the folder holds no inventory',
      hint: expect.stringContaining('.ini') as string,
    });
  });

  it('that lead back to themselves are an error', () => {
    const at = folderOf({ 'inv/hosts': '[web]\nw1\n' });
    symlinkSync(at('inv'), at('inv/again'));
    expect(errorOf(() => loadInventories([at('inv')])).message).toContain('more than 10 deep');
  });

  it('what is passed over in them is noted', () => {
    const at = folderOf({
      hosts: '[web]\nw1\n',
      'group_vars/web/main.yml': 'ansible_user: ops\n',
      'group_vars/web/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n66\n',
      'group_vars/web.yml': 'ansible_user: other\n',
      host_vars: 'no folder\n',
    });
    const { guests, notes } = loadInventories([at('hosts')]);
    expect(guests).toMatchObject([{ user: 'ops' }]);
    expect([...notes].sort()).toEqual([
      `${at('group_vars/web.yml')} was not read: ${at('group_vars/web')} comes first, as in Ansible`,
      `${at('group_vars/web/vault.yml')} is encrypted with ansible-vault and was not read`,
      `${at('host_vars')} is no folder and was not read`,
    ]);
  });

  it.each([
    ['- a\n', 1, /holds a list/],
    ['a: [\n', 2, /not closed/],
    ['a: 1\na: 2\n', 2, /"a" is here twice, first in line 1/],
    ['provision: { kdump: { keep: x } }\n', 1, /whole number/],
    ['provision:\n  hung_task.timeot: 60s\n', 2, /did you mean hung_task.timeout/],
  ])('a file of variables that is wrong is an error with its place: %j', (text, line, says) => {
    const at = folderOf({ hosts: '[web]\nw1\n', 'group_vars/web.yml': text });
    const error = errorOf(() => loadInventories([at('hosts')]));
    expect(error).toMatchObject({ code: 'E_INVENTORY', where: { file: at('group_vars/web.yml'), line } });
    expect(error.message).toMatch(says);
  });

  it('files of variables that are nobody’s are not read', () => {
    const at = folderOf({ hosts: '[web]\nw1\n', 'group_vars/db.yml': '- wrong\n', 'host_vars/nobody': '- wrong\n' });
    expect(loadInventories([at('hosts')]).guests).toHaveLength(1);
  });

  it('overrides of several levels are laid over each other path by path', () => {
    const at = folderOf({
      hosts: '[web]\nw1 kdump.keep=7\n[web:vars]\nhung_task.timeout=90s\n',
      'group_vars/all.yml': 'provision: { hung_task: { timeout: 60s, panic: true }, kdump.keep: 3 }\n',
      'host_vars/w1.yml': 'provision: { panic: { on: [oops] } }\n',
    });
    const [guest] = loadInventories([at('hosts')]).guests;
    expect(guest?.vars.map(({ path, value, scope, line }) => [path, value, scope, line])).toEqual([
      ['hung_task.timeout', '90s', 'group web', 4],
      ['hung_task.timeout', '60s', 'group all', 1],
      ['hung_task.panic', true, 'group all', 1],
      ['kdump.keep', 3, 'group all', 1],
      ['kdump.keep', 7, 'guest w1', 2],
      ['panic.on', ['oops'], 'guest w1', 1],
    ]);
  });
});

describe('ssh_config', () => {
  it('what only ssh can do is a problem of that guest', () => {
    const at = folderOf({ config: 'Host a\n  ProxyCommand nc %h %p\nHost b\n  User x\n' });
    const { guests, problems } = loadInventories([at('config')]);
    expect(guests).toHaveLength(2);
    expect(problems.get('a')?.[0]).toMatchObject({ message: 'a needs a ProxyCommand', where: { line: 1 } });
    expect(problems.has('b')).toBe(false);
  });
});
