import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProvisionErrors } from '../../src/errors.ts';
import { formatOf } from '../../src/inventory/format.ts';
import { readInventory } from '../../src/inventory/read.ts';
import { errorOf } from '../profile/support.ts';

describe('the format is told by the content', () => {
  it.each([
    ['guests: { vm1: }', 'provision'],
    ['{ guests: { vm1: } }', 'provision'],
    ['# mine\ndefaults: { user: root }\nguests:\n  vm1:\n', 'provision'],
    ['gusets: { vm1: }', 'provision'],
    ['', 'provision'],
    ['all:\n  hosts: { h: }', 'ansible-yaml'],
    ['---\nweb:\n  hosts:\n    h:\n', 'ansible-yaml'],
    ['"web": { children: { a: } }', 'ansible-yaml'],
    ['{"all": {"hosts": {"h": null}}}', 'ansible-yaml'],
    ['ungrouped: { hosts: h }', 'ansible-yaml'],
    ['{"web": {"hosts": ["h"]}, "_meta": {"hostvars": {}}}', 'dynamic'],
    ['plugin: aws_ec2\nregions: []', 'plugin'],
    ['[web]\nh', 'ansible-ini'],
    ['h ansible_host=1', 'ansible-ini'],
    ['; comment\n\nh\n[web]\nh', 'ansible-ini'],
    ['web:2222', 'ansible-ini'],
    ['h', 'ansible-ini'],
    ['Host a\n  User b', 'ssh-config'],
    ['# mine\nServerAliveInterval=30\nHost=a', 'ssh-config'],
    ['Include conf.d/*\nhost a', 'ssh-config'],
    ['$ANSIBLE_VAULT;1.1;AES256\n66', 'vault'],
    ['\ufeffguests: { vm1: }', 'provision'],
    ['\ufeff[web]\nh', 'ansible-ini'],
  ])('%j is %s', (text, format) => {
    expect(formatOf(text, 'file').format).toBe(format);
  });

  it('a file that is none of them is an error that names them', () => {
    expect(errorOf(() => readInventory('once upon a time\n', 'story.txt'))).toMatchObject({
      where: { file: 'story.txt', line: 1, col: 6 },
      hint: expect.stringMatching(/tried: .*Ansible INI, .*dynamic inventory, ssh_config/) as string,
    });
  });

  it('any text is an inventory or ProvisionErrors', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[web]',
        '[web:children]',
        '[web:vars]',
        '[db]',
        'web',
        'db',
        'all:',
        '  hosts:',
        '    h1:',
        '---',
        'guests:',
      ),
      fc.stringMatching(/^[a-z0-9 =:"'#;[\]{}\\!&*,.~-]{0,16}$/),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        try {
          readInventory(lines.join('\n'), 'fuzz');
        } catch (error) {
          if (!(error instanceof ProvisionErrors)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
