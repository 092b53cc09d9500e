import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { prepareProfile } from '../../src/cli/profile-run.ts';
import { recordPlanner } from '../../src/cli/planners.ts';
import { makeReboots } from '../../src/crash/reboot.ts';
import { closeAccess, loadAccess, type Access } from '../../src/guest/access.ts';
import { openSession } from '../../src/guest/session.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { guestFromText } from '../../src/inventory/target.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { convergeLibrary, renderScript } from '../../src/plan/script.ts';
import { runGuest, type GuestRun, type Work } from '../../src/rollout/guest-run.ts';
import { look, type Planner } from '../../src/rollout/planner.ts';
import { converge } from '../../src/rollout/work.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { SNAPSHOT } from './support/client.ts';
import { labUp, type Lab } from './support/lab.ts';

const shipped = loadKnowledge();
const { templates } = shipped;
const FIRST = '1790000000000000';
const OLD = '1790000000000001';
const NEW = '1790000000000002';
const NEWER = '1790000000000003';
const OVERTAKEN = { outcome: 'failed', error: { code: 'E_FENCED' } };

let lab: Lab;
let access: Access;
let guest: Guest;
let apply: Planner;
let original: string;
const rollback = recordPlanner(shipped, (name, facts) => planRollback(name, facts, { purge: true }));

const inGuest = async (text: string): Promise<string> => (await lab.exec('vm1', text)).stdout.trim();
const snapshot = (): Promise<string> => inGuest(SNAPSHOT);
const until = async (text: string): Promise<void> => {
  const { code } = await lab.exec('vm1', `for i in $(seq 600); do ${text} && exit 0; sleep 0.1; done; exit 1`);
  expect(code, `never: ${text}`).toBe(0);
};
const restart = async (): Promise<void> => {
  await lab.kill('vm1');
  await lab.start('vm1');
};

/** One attempt at the guest, as a worker makes it. */
function attempt(token: string | undefined, work: Work): ReturnType<typeof runGuest> {
  const run: GuestRun = {
    means: {
      open: (each) => openSession(each, access),
      templates,
      client: { id: '-', owner: 'ann@desk (provision apply)', waits: true, isLeft: () => false },
      runId: 'r1',
      timeouts: { probe: 60_000, converge: 60_000, reconnect: 60_000 },
      fence: () => (token === undefined ? undefined : { token, run: `run-${token}` }),
    },
    emit: () => undefined,
    stopping: new AbortController().signal,
    leaving: new AbortController().signal,
    deadlines: { guest: 120_000, step: null },
  };
  return runGuest(run, guest, work);
}

/** The same, held up between its look and its plan. */
function late(planner: Planner, meanwhile: () => Promise<unknown>): Work {
  return async (conversation, talk) => {
    const plan = planner.plan(guest, await look(planner, conversation, talk)) as Plan;
    await meanwhile();
    await conversation.carryOut(plan, talk.progress(0));
    return { outcome: 'changed', changes: 1 };
  };
}

beforeAll(async () => {
  lab = await labUp({ count: 1 });
  const { user, host, port } = lab.guests[0]!;
  guest = { ...guestFromText(`${user}@${host}:${port}`), identityFiles: [lab.key] };
  access = loadAccess({ home: lab.directory, env: {}, sshConfig: join(lab.directory, 'ssh_config') });
  const flags = { skip: ['kdump,trace,crash'], set: ['arm.when=always', 'arm.after=0s'] };
  ({ planner: apply } = prepareProfile('debug-panic', [guest], flags));
  // A plan is held up at the step that writes a sysctl fragment, while it is to be.
  const held = '[ ! -e /tmp/hold ] || { touch /tmp/held; while [ -e /tmp/hold ]; do sleep 0.1; done; }';
  const script = `#!/bin/sh\ncase "$*" in *" /etc/sysctl.d/"*) ${held} ;; esac\nexec /usr/bin/mv.real "$@"\n`;
  const { code } = await lab.exec('vm1', `mv /usr/bin/mv /usr/bin/mv.real; printf '%s' '${script}' >/usr/bin/mv; chmod 755 /usr/bin/mv`); // prettier-ignore
  expect(code).toBe(0);
  original = await snapshot();
});

afterAll(async () => {
  await closeAccess(access);
  await lab.down();
});

// Each case begins with a bare guest that has seen nobody since its boot.
beforeEach(async () => {
  await attempt(undefined, converge(rollback));
  await inGuest('rm -rf /run/provision');
  expect(await snapshot()).toBe(original);
});

describe('an attempt that was overtaken', () => {
  it('is refused and changes nothing; so is a later one of its token, over a reboot; the newest goes on', async () => {
    let converged = '';
    const old = late(apply, async () => {
      expect(await attempt(NEW, converge(apply))).toMatchObject({ outcome: 'changed' });
      converged = await snapshot();
    });
    expect(await attempt(OLD, old)).toEqual({
      outcome: 'failed',
      changes: 0,
      error: {
        code: 'E_FENCED',
        message: `a newer attempt has begun on this guest: ${NEW} of run run-${NEW}; this one is ${OLD} of run run-${OLD}`,
        hint: 'nothing was changed; the newer attempt sees to this guest',
      },
    });
    expect(await snapshot()).toBe(converged);
    expect(converged).toMatch(/^fence$/m);
    await restart();
    expect(await inGuest('ls /run/provision/fence')).toBe('');
    converged = await snapshot();
    expect(await attempt(OLD, converge(rollback))).toMatchObject(OVERTAKEN);
    expect(await snapshot()).toBe(converged);
    expect(await attempt(NEW, converge(rollback))).toMatchObject({ outcome: 'changed' });
    expect(await snapshot()).toBe(original);
  });

  it('does not undo a rollback, although nothing of that is on the disk', async () => {
    await attempt(FIRST, converge(apply));
    expect(await attempt(NEW, converge(rollback))).toMatchObject({ outcome: 'changed' });
    expect(await snapshot()).toBe(original);
    expect(await attempt(OLD, converge(apply))).toMatchObject(OVERTAKEN);
    expect(await snapshot()).toBe(original);
    expect(await attempt(NEWER, converge(apply))).toMatchObject({ outcome: 'changed' });
  });

  it('does not undo a rollback over a reboot either: its plan is for the boot before', async () => {
    await attempt(FIRST, converge(apply));
    await attempt(NEW, converge(rollback));
    const old = late(apply, restart);
    expect(await attempt(OLD, old)).toMatchObject({ outcome: 'failed', error: { code: 'E_STALE_PLAN' } });
    expect(await snapshot()).toBe(original);
  });

  it('waits for the lock in vain', async () => {
    await inGuest('rm -f /tmp/held; touch /tmp/hold');
    let newer: ReturnType<typeof attempt> | undefined;
    const old = late(apply, async () => {
      newer = attempt(NEW, converge(apply));
      await until('[ -e /tmp/held ]');
    });
    const overtaken = attempt(OLD, old);
    await until('pgrep -x flock >/dev/null');
    await inGuest('rm /tmp/hold');
    expect(await newer).toMatchObject({ outcome: 'changed' });
    expect(await overtaken).toMatchObject(OVERTAKEN);
    expect(await attempt(NEW, converge(apply))).toMatchObject({ outcome: 'converged' });
  });

  it('does not reboot the guest', async () => {
    await attempt(NEW, converge(apply));
    const boot = await inGuest('cat /proc/sys/kernel/random/boot_id');
    const { reboot } = makeReboots({ templates, timeoutMs: 60_000 });
    const step = { id: 'reboot', kind: 'reboot', risk: 'reboot', undo: '', reason: 'asked for' } as const;
    const asks: Work = async (conversation, talk) => {
      await reboot(conversation, talk, step, await look(apply, conversation, talk));
      return { outcome: 'changed', changes: 0 };
    };
    expect(await attempt(OLD, asks)).toMatchObject({
      outcome: 'failed',
      error: { code: 'E_FENCED', message: expect.stringMatching(/^not rebooted: a newer attempt/) as string },
    });
    expect(await inGuest('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
  });
});

it('an attempt whose plan is refused leaves a bare guest as it is, and still overtakes', async () => {
  const drifts = (): Promise<string> => inGuest('echo 5 >/proc/sys/kernel/panic');
  let before = '';
  const stale = late(apply, async () => {
    await drifts();
    before = await snapshot();
  });
  expect(await attempt(NEW, stale)).toMatchObject({ outcome: 'failed', error: { code: 'E_STALE_PLAN' } });
  expect(await snapshot()).toBe(before);
  expect(await attempt(OLD, converge(apply))).toMatchObject(OVERTAKEN);
  expect(await snapshot()).toBe(before);
  await inGuest('echo 0 >/proc/sys/kernel/panic');
});

describe.each(['fence', 'intend'])('an attempt that is killed right after its %s', (last) => {
  const cut = async (): Promise<void> => {
    let script = '';
    await attempt(undefined, async (conversation, talk) => {
      const facts = await look(apply, conversation, talk);
      const fence = { token: OLD, run: 'cut', bootId: facts.bootId };
      const job = { id: 'cut', client: '-', owner: 'test', waitSeconds: 5, lockSeconds: 5, fence };
      script = renderScript(apply.plan(guest, facts) as Plan, '', job);
      return { outcome: 'converged', changes: 0 };
    });
    const call = last === 'fence' ? /^fence .*$/m : /^intend '[^']*'$/m;
    const end = script.search(call) + (call.exec(script)?.[0].length ?? 0);
    const died = `${convergeLibrary(templates)}\n${script.slice(0, end)}\nkill -9 $$\n`;
    await inGuest(
      `mkdir -p /run/provision/jobs/cut; cat >/tmp/cut <<'END-OF-CUT'\n${died}END-OF-CUT\nsh /tmp/cut; rm /tmp/cut`,
    );
    expect(await inGuest('cat /run/provision/fence')).toBe(`${OLD} cut`);
    expect(await inGuest('ls /var/lib/provision')).toBe(last === 'fence' ? '' : 'backup\nfence\npending.json');
  };

  it('is taken back to nothing', async () => {
    await cut();
    await attempt(NEW, converge(rollback));
    expect(await snapshot()).toBe(original);
  });

  it('is completed by the next one', async () => {
    await cut();
    expect(await attempt(NEW, converge(apply))).toMatchObject({ outcome: 'changed' });
    expect(await inGuest('cat /var/lib/provision/fence')).toBe(`${NEW} run-${NEW}`);
    expect(await attempt(OLD, converge(rollback))).toMatchObject(OVERTAKEN);
  });
});
