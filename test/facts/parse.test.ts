import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ProvisionError } from '../../src/errors.ts';
import { sha256 } from '../../src/facts/files.ts';
import { ARM_STATUS_FILE, parseFacts, parseOsRelease, PENDING_FILE, STATE_FILE } from '../../src/facts/parse.ts';
import { formatState, type GuestState } from '../../src/facts/state.ts';
import { answer, BOOT_ID, type GuestFile } from './support/answer.ts';

const withFiles = (...files: GuestFile[]) => parseFacts(answer({}, files));
const STATE: GuestState = {
  format: 1,
  profile: 'debug-panic',
  planHash: 'abc',
  disarmed: false,
  before: { sysctls: { 'kernel.sysrq': '438' }, files: { '/etc/x': 'absent' }, directories: [] },
  files: {},
  sysctls: {},
  packages: ['crash'],
};

describe('an answer of the probe', () => {
  const facts = parseFacts(answer());

  it('is read', () => {
    expect(facts).toMatchObject({
      hostname: 'vm1',
      uid: 0, // the effective one
      arch: 'amd64',
      uptimeSeconds: 1234.56,
      memTotalKiB: 2_014_000,
      init: 'systemd',
      container: null,
      drivers: ['virtio_gpu', 'virtio_net'],
      bootloader: 'grub',
      nextCmdline: 'root=UUID=1 ro quiet crashkernel=256M',
      secureBoot: true,
      lockdown: 'integrity',
      kexec: { crashLoaded: true, crashSize: 268_435_456, loaded: false, loadDisabled: false },
      crashDirs: ['/var/crash/202601010000', '/var/crash/202601020000'],
      etcWritable: true,
      captureKernel: false,
      directories: { '/etc': true, '/etc/sysctl.d': true },
      dpkgInterrupted: false,
      apt: null,
      state: null,
      pending: null,
      job: null,
    });
  });

  it('tells a key that is empty from one that is not there', () => {
    expect(facts.sysctls).toEqual({
      'kernel.sysrq': '438',
      'kernel.hardlockup_panic': null,
      'kernel.core_pattern': '',
      'kernel.printk': '4\t4\t1\t7',
    });
  });

  it('names keys whose parts hold dots as profiles do', () => {
    const { sysctls } = parseFacts(answer({ sysctl: '/proc/sys/net/ipv4/conf/eth0.1/rp_filter:2' }));
    expect(sysctls).toEqual({ 'net.ipv4.conf.eth0/1.rp_filter': '2' });
  });

  it('knows disks with blanks in their source and less than nothing free', () => {
    expect(facts.disks).toEqual([
      { path: '/', totalKiB: 20_000_000, freeKiB: 15_000_000 },
      { path: '/var/crash', totalKiB: 100, freeKiB: -5 },
    ]);
  });

  it('knows units that are there and that are not', () => {
    expect(facts.units['provision-arm.service']).toMatchObject({ load: 'loaded', enabled: 'enabled' });
    expect(facts.units['kdump-tools.service']).toMatchObject({ load: 'not-found', enabled: '' });
  });

  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(facts))).toStrictEqual(facts);
  });

  it('names who runs a job', () => {
    expect(
      parseFacts(answer({ job: 'abc-1 boot.1.2.3 2026-11-24T21:22:00Z me@laptop (provision apply)\n' })).job,
    ).toEqual({
      id: 'abc-1',
      client: 'boot.1.2.3',
      since: '2026-11-24T21:22:00Z',
      owner: 'me@laptop (provision apply)',
    });
  });
});

describe('an answer that lacks something', () => {
  const OPTIONAL = [
    'kexec',
    'boot',
    'drivers',
    'sysctl',
    'directories',
    'links',
    'stat',
    'content',
    'job',
    'units',
    'disk',
    'packages',
    'apt',
  ];

  it.each(OPTIONAL)('is read without the section %s', (section) => {
    const facts = parseFacts(answer({ [section]: undefined }));
    expect(facts.hostname).toBe('vm1');
  });

  it('guesses nothing', () => {
    const facts = parseFacts(answer({ kexec: '', boot: '', units: '', disk: '', packages: '' }));
    expect(facts).toMatchObject({
      kexec: { crashLoaded: null, crashSize: null, loaded: null, loadDisabled: false },
      bootloader: 'none',
      nextCmdline: null,
      secureBoot: false,
      lockdown: null,
      arch: '',
      disks: [],
      units: {},
    });
  });

  it.each([undefined, '', 'hostname vm1', `boot_id ${BOOT_ID}`, 'kernel_release 6.1'])(
    'is refused: host %j',
    (host) => {
      expect(() => parseFacts(answer({ host }))).toThrow(/did not say its kernel and boot id/);
    },
  );

  it.each<[string, string]>([
    ['grub_cfg yes', 'grub without update-grub'],
    ['update_grub yes', 'none'],
    ['other systemd-boot', 'systemd-boot'],
    ['grub_cfg yes\nother extlinux', 'extlinux'],
    ['grub_cfg yes\nupdate_grub yes\nother systemd-boot', 'grub'],
  ])('%j is the bootloader %s', (boot, expected) => {
    expect(parseFacts(answer({ boot })).bootloader).toBe(expected);
  });
});

describe('files', () => {
  it('have their exact bytes, mode and link, whatever is in them', () => {
    const crlf = 'kernel.panic=1\r\n# no end';
    const { files } = withFiles(
      { path: '/etc/sysctl.conf', bytes: crlf, mode: '600' },
      { path: '/etc/sysctl.d/a.conf', bytes: Buffer.from([0xff, 0xfe, 0x00, 0x0a]), mode: '4755' },
      { path: '/etc/sysctl.d/b b.conf', bytes: '', link: true },
      { path: '/etc/os-release', bytes: '\uFEFFID=debian\n' },
    );
    expect(files['/etc/sysctl.conf']).toMatchObject({ text: crlf, mode: '0600', sha256: sha256(crlf), link: false });
    expect(files['/etc/sysctl.d/a.conf']).toMatchObject({ text: null, mode: '4755' });
    expect(files['/etc/sysctl.d/b b.conf']).toMatchObject({ text: '', link: true });
    expect(files['/etc/os-release']?.text).toBe('\uFEFFID=debian\n');
  });

  it('of any bytes come through', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (all) => {
        const given = all.map((bytes, index) => ({ path: `/etc/sysctl.d/${index}.conf`, bytes: Buffer.from(bytes) }));
        const { files } = withFiles(...given);
        for (const { path, bytes } of given) {
          const text = files[path]!.text;
          if (text !== null) expect(Buffer.from(text)).toEqual(bytes);
        }
      }),
    );
  });

  it.each<[string, Record<string, string>]>([
    ['is shorter than it was', { stat: '10 644 0 0 /etc/a\n', content: 'short' }],
    ['is longer than it was', { stat: '2 644 0 0 /etc/a\n', content: 'longer' }],
    ['has a stat that is none', { stat: 'nonsense\n', content: '' }],
  ])('a file that %s is an error that says so', (_name, changes) => {
    expect(() => parseFacts(answer(changes))).toThrow(/changed while it was read/);
  });
});

describe("the guest's own record", () => {
  it('is read, the one of an apply that was cut off too', () => {
    const facts = withFiles(
      { path: STATE_FILE, bytes: formatState(STATE) },
      { path: PENDING_FILE, bytes: formatState({ ...STATE, profile: 'next' }) },
    );
    expect(facts.state).toEqual(STATE);
    expect(facts.pending?.profile).toBe('next');
  });

  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['half of it', formatState(STATE).slice(0, 40)],
    ['full of zeros, as a power cut leaves it', Buffer.alloc(64)],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x7b])],
    ['not an object', '[]'],
    ['null', 'null'],
    ['of a later format', formatState({ ...STATE, format: 2 as 1 })],
    ['without before-values', JSON.stringify({ ...STATE, before: undefined })],
    ['with before-values that are null', JSON.stringify({ ...STATE, before: null })],
    ['with half of the before-values', JSON.stringify({ ...STATE, before: { sysctls: {} } })],
    ['without packages', JSON.stringify({ ...STATE, packages: undefined })],
  ])('that is damaged is an error, never taken for none: %s', (_name, bytes) => {
    for (const path of [STATE_FILE, PENDING_FILE]) {
      let error: unknown;
      try {
        withFiles({ path, bytes });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(ProvisionError);
      expect(error).toMatchObject({ code: 'E_STATE' });
    }
  });

  it('is the same bytes for the same state, whatever the order of its keys', () => {
    const turned = Object.fromEntries(Object.entries(STATE).reverse()) as unknown as GuestState;
    expect(formatState(turned)).toBe(formatState(STATE));
    expect(JSON.parse(formatState(STATE))).toEqual(STATE);
  });
});

describe('what the gate wrote', () => {
  it.each<[string, string, string]>([
    [`${BOOT_ID} armed panic settings are live\n`, 'armed', 'panic settings are live'],
    [`${BOOT_ID} refused breaker: 3 crashes\n`, 'refused', 'breaker: 3 crashes'],
    [`${BOOT_ID} waiting\n`, 'waiting', ''],
    ['another-boot armed panic settings are live\n', 'none', ''],
    [`${BOOT_ID} nonsense\n`, 'none', ''],
    ['', 'none', ''],
    ['\0\0', 'none', ''],
  ])('%j is %s', (bytes, state, reason) => {
    expect(withFiles({ path: ARM_STATUS_FILE, bytes }).arm).toEqual({ state, reason, bootId: BOOT_ID });
  });
});

describe('os-release', () => {
  it.each<[string, string, string]>([
    ['ID=debian\nVERSION_ID="12"\n', 'debian', '12'],
    ["ID='uos'\nVERSION_ID='20'", 'uos', '20'],
    ['ID=Deepin\r\nVERSION_ID="20.9"\r\n', 'Deepin', '20.9'],
    ['#ID=a\nNAME="ID=b"\nID_LIKE=debian\n', '', ''],
    ['ID=""\nVERSION_ID=', '', ''],
    ['', '', ''],
  ])('%j', (text, id, versionId) => {
    expect(parseOsRelease(text)).toMatchObject({ id, versionId });
  });
});

describe('absurd answers', () => {
  it('are facts or an error that is meant for people', () => {
    const names = [...answer().keys()];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, text) => {
        try {
          const facts = parseFacts(answer({ [name]: text }));
          expect(Object.keys(facts.sysctls).every((key) => !key.includes(' '))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProvisionError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of numbers are no numbers that a plan could count with', () => {
    const facts = parseFacts(answer({ kexec: 'crash_size lots\ncrash_loaded maybe\n' }));
    expect(facts.kexec.crashLoaded).toBe(false);
    expect(facts.kexec.crashSize).not.toBeNaN();
  });
});
