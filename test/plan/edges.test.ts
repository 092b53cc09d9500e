import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { driftOf, isConverged, refusalsOf } from '../../src/plan/drift.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { renderScript } from '../../src/plan/script.ts';
import { aptFor, bareFacts, KERNEL_DEFAULTS, MIB } from './support/facts.ts';
import { carryOut, file, filesOf, gateOpens, KDUMP_CONFIG, KDUMP_DEFAULT, reboot } from './support/guest-model.ts';
import { planFor, type Circumstances } from './support/planning.ts';

const stepsOf = (plan: Plan): Step[] => plan.stages.flatMap(({ steps }) => steps);
const ids = (plan: Plan): string[] => stepsOf(plan).map(({ id }) => id);
const script = (plan: Plan): string[] =>
  renderScript(plan, '', { id: 'j', client: '-', owner: 'o', waitSeconds: 1, lockSeconds: 1 })
    .split('\n')
    .filter((line) => /^(step|swap|remove|unit|update_bootloader|record) ?/.test(line));
const apply = (facts: Facts, circumstances: Circumstances = {}): Facts =>
  carryOut(facts, planFor(facts, circumstances));
const kdumpThere = bareFacts({ files: filesOf(file(KDUMP_CONFIG, KDUMP_DEFAULT)) });

describe('memory', () => {
  it.each([
    ['1 GiB, which 256M leaves less than the least that is taken', 1000 * 1024],
    ['a little over a rounding step of the bitmaps', 36.2 * MIB],
  ])('is counted with what is reserved already: %s', (_name, memTotalKiB) => {
    const guest: Facts = { ...kdumpThere, memTotalKiB };
    expect(refusalsOf(planFor(guest))).toEqual([]);
    const booted = gateOpens(reboot(apply(guest), KERNEL_DEFAULTS));
    const again = planFor(booted);
    expect(refusalsOf(again)).toEqual([]);
    expect(ids(again)).toEqual([]);
  });
});

describe('kdump', () => {
  it('says so where the ranges of crashkernel hold nothing for the memory of this guest', () => {
    const plan = planFor(kdumpThere, { sets: ['kdump.crashkernel=8G-:512M'] });
    expect(plan.findings.map(({ subject }) => subject)).toContain('crashkernel');
  });

  it('is loaded anew by rollback only once its own configuration is back', () => {
    const booted = gateOpens(reboot(apply(kdumpThere), KERNEL_DEFAULTS));
    const lines = script(planRollback('vm1', booted, { purge: false }));
    expect(lines.indexOf('unit restart kdump-tools.service')).toBeGreaterThan(lines.indexOf(`swap ${KDUMP_CONFIG}`));
  });

  it('is loaded anew by apply only once its configuration is there', () => {
    const loaded: Facts = { ...kdumpThere, kexec: { ...kdumpThere.kexec, crashLoaded: true, crashSize: 512 * MIB } };
    const lines = script(planFor(loaded));
    expect(lines.indexOf('unit restart kdump-tools.service')).toBeGreaterThan(lines.indexOf(`swap ${KDUMP_CONFIG}`));
  });

  it.each(['systemd-boot', 'extlinux', 'grub without update-grub'])(
    'never runs update-grub where the bootloader is %s',
    (bootloader) => {
      const cmdline = 'root=UUID=1 ro crashkernel=512M';
      const kexec = { ...kdumpThere.kexec, crashLoaded: true, crashSize: 512 * MIB };
      const plan = planFor({ ...kdumpThere, bootloader, cmdline, nextCmdline: cmdline, kexec });
      if (refusalsOf(plan).length === 0) expect(script(plan)).not.toContain('update_bootloader');
    },
  );

  it('settles where its configuration is not UTF-8', () => {
    const latin1 = (raw: string): Facts['files'] =>
      filesOf({ ...file(KDUMP_CONFIG, raw), text: null, raw, sha256: 'a'.repeat(64) });
    const recorded = apply({ ...bareFacts(), files: latin1('# caf\xe9\nUSE_KDUMP=0\n') });
    // What the guest's own edit_keys makes of it.
    const keys = recorded.files[KDUMP_CONFIG]?.text ?? '';
    const again: Facts = { ...recorded, files: { ...recorded.files, ...latin1(`# caf\xe9\n${keys}`) } };
    expect(ids(planFor(again)).filter((id) => id.startsWith('keys:'))).toEqual([]);
  });

  it('goes through a configuration with NUL bytes, as a power cut leaves it', () => {
    const torn = bareFacts({ files: filesOf(file(KDUMP_CONFIG, 'USE_KDUMP=1\n\0\0\0\0')) });
    expect(() => script(planFor(torn))).not.toThrow();
  });
});

describe('the command line of the next boot', () => {
  const cmdline = 'root=UUID=1 ro quiet crashkernel=256M';
  const kexec = { ...kdumpThere.kexec, crashLoaded: true, crashSize: 256 * MIB };
  const reserved: Facts = { ...bareFacts(), cmdline, nextCmdline: cmdline, kexec };

  it('is made again after kdump-tools, which brings a crashkernel= of its own, was installed', () => {
    const applied = apply({ ...reserved, apt: aptFor(['kdump-tools', 'kexec-tools']) });
    expect(applied.nextCmdline).toBe(cmdline);
    expect(ids(planFor(applied))).toEqual([]);
  });

  it('is compared with this one in the plan, and with what grub.cfg has in drift', () => {
    const other = { ...kdumpThere, ...reserved, files: kdumpThere.files, nextCmdline: 'root=UUID=1 ro crashkernel=1M' };
    const step = stepsOf(planFor(other)).find(({ kind }) => kind === 'cmdline');
    expect(step).toMatchObject({ before: cmdline, after: 'root=UUID=1 ro crashkernel=256M' });
    expect(driftOf(planFor(other)).find(({ kind }) => kind === 'cmdline')?.actual).toBe(other.nextCmdline);
  });
});

describe('the gate', () => {
  const masked: Facts = {
    ...kdumpThere,
    units: {
      'provision-arm.service': { load: 'masked', active: 'inactive', sub: 'dead', enabled: 'masked', result: '' },
    },
  };

  it('that is masked is left alone: its file is a link to /dev/null', () => {
    expect(ids(planFor(masked))).not.toContain('file:/etc/systemd/system/provision-arm.service');
  });

  it('that is masked is a conflict', () => {
    expect(planFor(masked).findings.map(({ code }) => code)).toContain('arm-masked');
  });

  it('is stopped and disabled by a profile that arms nothing', () => {
    const plan = planFor(gateOpens(apply(kdumpThere)), { profile: 'sysrq' });
    expect(stepsOf(plan).find(({ kind }) => kind === 'unit')).toMatchObject({ actions: ['stop', 'disable'] });
  });

  it('is taken back by rollback even where its unit file is gone', () => {
    const applied = apply(kdumpThere);
    const unit = { ...applied.units['provision-arm.service']!, load: 'not-found' };
    const gone = { ...applied, units: { 'provision-arm.service': unit } };
    expect(ids(planRollback('vm1', gone, { purge: false }))).toContain('unit:provision-arm.service');
  });
});

describe('a profile after another', () => {
  it('without kdump has grub.cfg generated again when it takes the drop-in away', () => {
    const plan = planFor(apply(kdumpThere), { profile: 'sysrq' });
    expect(script(plan)).toContain('update_bootloader');
  });

  it('takes back a value that it wants and this kernel does not take', () => {
    const armed = gateOpens(apply(kdumpThere, { body: 'hung_task: { panic: true }\narm: { when: always }' }));
    const next = { body: 'sysctl: { kernel.hung_task_panic: 5 }' };
    expect(planFor(armed, next).findings.map(({ code }) => code)).toContain('sysctl-range');
    expect(apply(armed, next).sysctls['kernel.hung_task_panic']).toBe('0');
  });

  it('puts back a line that was commented out for the first alone', () => {
    const text = 'kernel.panic=5\nkernel.sysrq=0\n';
    const guest = bareFacts({ files: filesOf(file('/etc/sysctl.d/99-local.conf', text)) });
    const applied = apply(guest, { body: 'sysrq: all\npanic: { reboot_after: 10s }', adopt: true });
    const second = apply(applied, { body: 'sysrq: all', adopt: true });
    expect(second.files['/etc/sysctl.d/99-local.conf']?.text).toMatch(/^kernel\.panic=5$/m);
  });
});

describe('files of others', () => {
  it.each(['/usr/lib/sysctl.d/99-vendor.conf', '/run/sysctl.d/99-vendor.conf'])(
    'that beat ours and cannot be adopted are conflicts with --adopt too: %s',
    (path) => {
      const guest = bareFacts({ files: filesOf(file(path, 'kernel.sysrq = 0\n')) });
      expect(planFor(guest, { adopt: true }).findings.map(({ code }) => code)).toContain('boot-conflict');
    },
  );

  it('that say the same in another spelling are no conflict', () => {
    const guest = bareFacts({ files: filesOf(file('/etc/sysctl.d/99-local.conf', 'kernel.sysrq = 0x1\n')) });
    expect(planFor(guest).findings.filter(({ level }) => level === 'conflict')).toEqual([]);
  });

  it('are seen though a comment in them is not UTF-8', () => {
    const path = '/etc/sysctl.d/99-local.conf';
    const raw = '# caf\xe9\nkernel.sysrq = 0\n';
    const guest = bareFacts({ files: filesOf({ ...file(path, raw), text: null, raw }) });
    expect(
      planFor(guest)
        .findings.map(({ subject }) => subject)
        .join(' '),
    ).toMatch(/kernel\.sysrq|99-local/);
  });
});

describe('packages', () => {
  const headers = 'linux-headers-6.1.0-56-amd64';

  it('that do not exist have the remedy of the catalogue', () => {
    const debian = planFor({ ...kdumpThere, apt: aptFor([], { unknown: [headers] }) });
    expect(debian.findings.find(({ subject }) => subject === headers)?.hint).toMatch(/snapshot\.debian\.org/);
    const ubuntu: Facts = {
      ...kdumpThere,
      os: { id: 'ubuntu', idLike: '', versionId: '22.04', pretty: '' },
      kernel: { release: '5.15.0-139-generic', version: '' },
      apt: aptFor([], { unknown: ['linux-image-5.15.0-139-generic-dbgsym'] }),
    };
    const plan = planFor(ubuntu, { sets: ['crash.symbols=guest'] });
    expect(plan.findings.find(({ code }) => code === 'package-absent')?.hint).toMatch(/ddebs\.ubuntu\.com/);
  });

  it('leave a guest converged once they are installed', () => {
    const bare = bareFacts({ apt: aptFor(['kdump-tools', 'kexec-tools']) });
    const again = planFor(apply(bare, { profile: 'kdump' }), { profile: 'kdump' });
    expect(isConverged(again) ? [] : ids(again)).toEqual([]);
  });
});
