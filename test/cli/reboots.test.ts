import { describe, expect, it } from 'vitest';

import { rebootCommand } from '../../src/cli/next-command.ts';
import type { Flags } from '../../src/cli/program.ts';
import { rebootsFor } from '../../src/cli/reboots.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { selectGuests, EMPTY_INVENTORY } from '../../src/inventory/select.ts';

const shipped = loadKnowledge();
const [vm1] = selectGuests(EMPTY_INVENTORY, ['root@192.0.2.1']) as [Guest];
const here: Guest = { ...vm1, name: 'here', transport: 'local' };

describe('--reboot', () => {
  it('is nothing when it is not given', () => {
    expect(rebootsFor({}, [here], shipped)).toBeUndefined();
  });

  it('never takes down the machine that it runs on, nor any guest beside it', () => {
    expect(() => rebootsFor({ reboot: true }, [vm1, here], shipped)).toThrow(
      /--reboot would reboot the machine that you are on \(here is local\)/,
    );
  });

  it('takes its time from --reboot-timeout', () => {
    expect(rebootsFor({ reboot: true, rebootTimeout: '20m' }, [vm1], shipped)).toBeDefined();
    expect(() => rebootsFor({ reboot: true, rebootTimeout: '20' }, [vm1], shipped)).toThrow(
      /--reboot-timeout takes a duration/,
    );
  });
});

it.each<[string, string[], Flags, string]>([
  ['apply', ['p', 'vm1'], { skip: ['trace'] }, 'provision apply p vm1 --skip trace --reboot'],
  ['apply', [], { plan: 'plan.json', yes: true }, 'provision apply --plan plan.json --yes --reboot'],
  ['rollback', ['vm1'], { purge: true }, 'provision rollback vm1 --purge --reboot'],
])('the command that does a pending reboot: %s %j %j', (command, args, flags, expected) => {
  expect(rebootCommand(command, { args, flags, stopping: new AbortController().signal })).toBe(expected);
});
