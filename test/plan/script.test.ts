import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sha256 } from '../../src/facts/files.ts';
import { formatState } from '../../src/facts/state.ts';
import { backupOf } from '../../src/plan/before.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { convergeLibrary, renderScript } from '../../src/plan/script.ts';
import { aptFor, bareFacts, KERNEL_DEFAULTS, PACKAGES } from './support/facts.ts';
import { carryOut, file, filesOf, gateOpens, reboot } from './support/guest-model.ts';
import { planFor, shipped } from './support/planning.ts';

const JOB = {
  id: 'abc-1',
  client: 'boot.1.2.3',
  owner: "o'brien@laptop (provision apply)",
  waitSeconds: 3,
  lockSeconds: 60,
};
const FUNCTIONS = [...convergeLibrary(shipped.templates).matchAll(/^([a-z_]+)\(\) [{(]/gm)].map(
  ([, name = '']) => name,
);

/** A library that does nothing but say what it was called with: how many words, then the words, each up to a NUL. */
const RECORDER = FUNCTIONS.map((name) => `${name}() { printf '%s\\0' $(($# + 1)) ${name} "$@"; }`).join('\n');

/** The calls that a script makes, as dash understands it. */
function callsOf(plan: Plan): string[][] {
  const output = execFileSync('dash', [], { input: renderScript(plan, RECORDER, JOB), encoding: 'utf8' });
  const words = output.split('\0').slice(0, -1);
  const calls: string[][] = [];
  while (words.length > 0) calls.push(words.splice(0, Number(words.shift())));
  return calls;
}

const names = (calls: readonly string[][]): string[] => calls.map(([name = '']) => name);
const stepsOf = (plan: Plan): Step[] => plan.stages.flatMap(({ steps }) => steps);
const bare = bareFacts({
  apt: aptFor(PACKAGES),
  files: filesOf(file('/etc/sysctl.d/99-local.conf', '# mine\nkernel.sysrq = 0\n', '0600')),
});
const fresh = planFor(bare, { adopt: true });
const converged = gateOpens(reboot(carryOut(bare, fresh), KERNEL_DEFAULTS));

describe('a rendered apply', () => {
  const calls = callsOf(fresh);

  it('comes in the order that a guest needs', () => {
    const phases = names(calls).filter((name, index, all) => name !== all[index - 1]);
    const first = (name: string): number => phases.indexOf(name);
    const order = [
      'begin',
      'expect_machine',
      'expect_kernel',
      'expect_absent',
      'expect_files',
      'expect_sysctl',
      'expect_packages',
      'intend',
      'keep',
      'make_directory',
      'stage',
      'check_staged',
      'preseed',
      'install_packages',
      'edit_keys',
      'swap',
      'sync_directories',
      'set_sysctl',
      'update_bootloader',
      'record',
      'finish',
    ];
    expect(order.filter((name) => first(name) < 0)).toEqual([]);
    expect([...order].sort((a, b) => first(a) - first(b))).toEqual(order);
    expect(names(calls).at(-1)).toBe('finish');
  });

  it('says nothing was checked before all was, and changes nothing until then', () => {
    const checked = calls.findIndex(([name, text]) => name === 'say' && text === 'checked');
    expect(
      names(calls)
        .slice(0, checked)
        .every((name) => name === 'begin' || name.startsWith('expect_')),
    ).toBe(true);
    expect(
      names(calls)
        .slice(checked)
        .some((name) => name.startsWith('expect_')),
    ).toBe(false);
  });

  it('holds a step for all that a script does, each begun and ended, none for the gate and the reboot', () => {
    const begun = calls.filter(([name]) => name === 'step').map(([, id]) => id);
    const done = stepsOf(fresh).filter(({ kind }) => kind !== 'armed' && kind !== 'reboot');
    expect([...begun].sort()).toEqual(done.map(({ id }) => id).sort());
    expect(names(calls).filter((name) => name === 'ended')).toHaveLength(begun.length);
    expect(begun.some((id) => /^(armed|reboot):/.test(id ?? ''))).toBe(false);
  });

  it('holds every precondition of the plan', () => {
    const { files, sysctls, machineId, kernel } = fresh.preconditions;
    const absent = Object.keys(files).filter((path) => files[path] === null);
    expect(calls.filter(([name]) => name === 'expect_absent').map(([, path]) => path)).toEqual(absent);
    const present = Object.entries(files).flatMap(([path, hash]) => (hash === null ? [] : [`${hash}  ${path}`]));
    expect(calls).toContainEqual(['expect_files', present.join('\n')]);
    expect(calls).toContainEqual(['expect_machine', machineId]);
    expect(calls).toContainEqual(['expect_kernel', kernel]);
    expect(calls.filter(([name]) => name === 'expect_sysctl')).toEqual(
      Object.entries(sysctls).map(([key, value]) => ['expect_sysctl', key.replaceAll('.', '/'), value]),
    );
  });

  it('intends what it records, and keeps the original of every file of others first', () => {
    const state = stepsOf(fresh).find((step) => step.kind === 'state')!;
    expect(calls).toContainEqual(['intend', formatState(state.intent!)]);
    expect(calls).toContainEqual(['record', formatState(state.after!)]);
    expect(calls.filter(([name]) => name === 'keep').map(([, path]) => path)).toContain('/etc/sysctl.d/99-local.conf');
  });

  it('tells who runs it', () => {
    expect(calls[0]).toEqual(['begin', JOB.id, JOB.client, JOB.owner]);
  });

  it('reloads systemd after its unit files are in place and before it starts the gate', () => {
    const text = renderScript(fresh, '', JOB).split('\n');
    const reload = text.findIndex((line) => line.endsWith('|| unit reload systemd'));
    expect(reload).toBeGreaterThan(text.indexOf('swap /etc/systemd/system/provision-arm.service'));
    expect(reload).toBeLessThan(text.indexOf('unit start provision-arm.service'));
  });
});

describe('a rendered rollback', () => {
  it('stops the gate first, records last, removes directories deepest first', () => {
    const calls = callsOf(planRollback('vm1', converged, { purge: true }));
    const changes = names(calls).filter(
      (name) => !/^(expect_|say$|begin$|stage|check_staged$|step$|ended$)/.test(name),
    );
    expect(changes[0]).toBe('unit');
    expect(changes.slice(-2)).toEqual(['forget', 'finish']);
    expect(names(calls)).not.toContain('intend');
    const removed = calls.filter(([name]) => name === 'remove_directory').map(([, path]) => path);
    expect(removed.indexOf('/etc/provision/armed.d')).toBeLessThan(removed.indexOf('/etc/provision'));
    const copies = calls.filter(([name]) => name === 'stage_copy').map(([, path, , source]) => [path, source]);
    expect(copies).toEqual([['/etc/default/kdump-tools', backupOf('/etc/default/kdump-tools')]]);
  });

  it('drops the copies only once everything is recorded', () => {
    const calls = names(callsOf(planRollback('vm1', converged, { purge: false })));
    expect(calls.indexOf('drop_backups')).toBeGreaterThan(calls.indexOf('record'));
  });
});

describe('anything at all', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    fc.constantFrom("'", '$(reboot)', '`reboot`', '\\', "'\\''", '"$@"', '-n', '\r\n', '\n\n', '!', '*', '~', '\t'),
  );
  const hostile = fc.array(nasty, { maxLength: 4 }).map((parts) => parts.join('').replaceAll('\0', ''));
  const step = (path: string, text: string): Step => ({
    id: `file:${path}`,
    kind: 'file',
    risk: 'none',
    undo: '',
    path,
    before: null,
    after: { text, sha256: sha256(text), mode: '0644', uid: 0, gid: 0 },
  });

  it('reaches the guest as it is: paths, texts, keys, values, names, owners', () => {
    const all = fc.sample(fc.tuple(hostile, hostile), 150);
    const steps: Step[] = all.flatMap(([a, b]): Step[] => [
      step(`/etc/${a}`, b),
      { id: a, kind: 'keys', risk: 'none', undo: '', path: a, keys: [{ key: b, value: a }] },
      { id: b, kind: 'sysctl', risk: 'none', undo: '', key: a, before: b, after: b, boot: null },
    ]);
    const { machineId, kernel } = fresh.preconditions;
    const plan: Plan = {
      ...fresh,
      goal: 'arm',
      stages: [{ title: '', steps }],
      preconditions: { machineId, kernel, files: {}, sysctls: {} },
    };
    const calls = callsOf(plan);
    const got = (name: string): string[][] => calls.filter(([each]) => each === name).map(([, ...args]) => args);
    expect(got('stage')).toEqual(all.map(([a, b]) => [`/etc/${a}`, '0644', '0:0', sha256(b), b]));
    expect(got('swap')).toEqual(all.map(([a]) => [`/etc/${a}`]));
    expect(got('edit_keys')).toEqual(all.map(([a, b]) => [a, b, a]));
    expect(got('set_sysctl').map(([, value]) => value)).toEqual(all.map(([, b]) => b));
    expect(new Set(got('step').map(([id]) => id))).toEqual(new Set(steps.map(({ id }) => id)));
  });
});

describe('the words of a script', () => {
  const render = (plan: Plan): string => renderScript(plan, convergeLibrary(shipped.templates), JOB);

  it.each<[string, Plan]>([
    ['apply', fresh],
    ['rollback', planRollback('vm1', converged, { purge: true })],
  ])('are what shellcheck takes: %s', (_name, plan) => {
    // 2154, 2034: variables that another function sets; 2016: texts that hold dollar signs on purpose.
    const flags = ['-s', 'sh', '-S', 'warning', '-e', 'SC2154,SC2034,SC2016', '-'];
    expect(execFileSync('shellcheck', flags, { input: render(plan), encoding: 'utf8' })).toBe('');
  });

  it('are all known to its library', () => {
    for (const plan of [fresh, planRollback('vm1', converged, { purge: true })]) {
      const used = new Set(names(callsOf(plan)));
      expect([...used].filter((name) => !FUNCTIONS.includes(name))).toEqual([]);
    }
  });
});
