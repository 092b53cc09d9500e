import { profilePaths } from '../../src/profile/paths.ts';

/** A profile that must be refused: at this place (1-based), with words that match. */
export interface Malformed {
  readonly title: string;
  readonly text: string;
  readonly line: number;
  /** 0 where it depends on the machine's stack. */
  readonly col: number;
  readonly says: RegExp;
}

const HEAD = 'apiVersion: provision/v1\nname: mine\n';
type Row = readonly [text: string, line: number, col: number, says: RegExp];

/** The text of each row follows the two header lines; lines count from the file's first. */
const BODIES: readonly Row[] = [
  // keys
  ['kdmp: {}', 3, 1, /unknown key "kdmp"; did you mean kdump\?/],
  ['Kdump: {}', 3, 1, /did you mean kdump\?/],
  ['hung-task: {}', 3, 1, /did you mean hung_task\?/],
  ['hungtask: {}', 3, 1, /did you mean hung_task\?/],
  ['timeout: 60s', 3, 1, /unknown key "timeout"/],
  ['kernel.panic: 10', 3, 1, /unknown key "kernel\.panic"/],
  ['kdump.keep: 3', 3, 1, /unknown key "kdump\.keep"/],
  ['kdump: { kep: 3 }', 3, 10, /did you mean keep\?/],
  ['arm: { breaker: { crash: 3 } }', 3, 19, /in arm\.breaker; did you mean crashes\?/],
  ['"": 1', 3, 1, /key is empty/],
  ['__proto__: 1', 3, 1, /__proto__/],
  ['constructor: 1', 3, 1, /unknown key "constructor"/],
  ['toString: {}', 3, 1, /unknown key "toString"/],
  ['? [a, b]\n: 1', 3, 3, /not plain text/],
  ['? {a: b}\n: 1', 3, 3, /not plain text/],
  ['sysrq: all\nsysrq: none', 4, 1, /"sysrq" is here twice, first in line 3/],
  ['kdump: { keep: 1, keep: 2 }', 3, 19, /"keep" is here twice/],
  ['name: other', 3, 1, /"name" is here twice, first in line 2/],
  ['<<: { sysrq: all }', 3, 1, /merge keys/],
  ['kdump:\n  <<: *x', 4, 3, /merge keys/],
  // booleans
  ['hung_task: { panic: yes }', 3, 21, /YAML 1\.2 reads it as text: write true/],
  ['hung_task: { panic: on }', 3, 21, /write true/],
  ['hung_task: { panic: Y }', 3, 21, /write true/],
  ['hung_task: { panic: off }', 3, 21, /write false/],
  ['hung_task: { panic: No }', 3, 21, /write false/],
  ['hung_task: { panic: "true" }', 3, 21, /in quotes it is text/],
  ['hung_task: { panic: 1 }', 3, 21, /true or false, not 1/],
  ['trace: { headers: yes }', 3, 19, /write true/],
  // numbers
  ['kdump: { keep: -1 }', 3, 16, /0 to 10000, not -1/],
  ['kdump: { keep: 10001 }', 3, 16, /0 to 10000/],
  ['kdump: { keep: 1.5 }', 3, 16, /whole number/],
  ['kdump: { keep: "5" }', 3, 16, /in quotes it is text/],
  ['kdump: { keep: five }', 3, 16, /whole number/],
  ['kdump: { keep: .inf }', 3, 16, /whole number/],
  ['kdump: { keep: .nan }', 3, 16, /whole number/],
  ['kdump: { keep: 1_000 }', 3, 16, /without _/],
  ['kdump: { keep: 18446744073709551615 }', 3, 16, /too big to be exact/],
  ['kdump: { keep: 9007199254740993 }', 3, 16, /too big to be exact/],
  ['kdump: { keep: 007 }', 3, 16, /begins with 0/],
  ['sysctl: { kernel.panic: 0644 }', 3, 25, /"0644" begins with 0, and YAML 1\.2 reads it as decimal/],
  ['sysctl: { kernel.panic: 089 }', 3, 25, /begins with 0/],
  ['arm: { breaker: { crashes: 0 } }', 3, 28, /1 to 1000/],
  ['hung_task: { warnings: -1 }', 3, 24, /unlimited or a whole number/],
  ['hung_task: { warnings: unlimitd }', 3, 24, /unlimited/],
  ['hung_task: { warnings: 4294967296 }', 3, 24, /unlimited or a whole number/],
  // durations
  ['hung_task: { timeout: 60 }', 3, 23, /needs a unit, 60s for seconds/],
  ['hung_task: { timeout: 60.5 }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: 1 m }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: 60ms }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: 30s1m }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: 0s }', 3, 23, /at least 1s/],
  ['hung_task: { timeout: -60s }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: 1:30 }', 3, 23, /takes a duration/],
  ['hung_task: { timeout: "" }', 3, 23, /takes a duration/],
  ['arm: { after: never }', 3, 15, /takes a duration/],
  ['arm: { after: 2 }', 3, 15, /2s for seconds/],
  ['arm: { breaker: { within: 1 } }', 3, 27, /1s for seconds/],
  ['panic: { reboot_after: 10 }', 3, 24, /10s for seconds/],
  ['panic: { reboot_after: nevr }', 3, 24, /never or now/],
  // words and lists
  ['arm: { when: kdump-redy }', 3, 14, /did you mean kdump-ready\?/],
  ['crash: { symbols: gest }', 3, 19, /did you mean guest\?/],
  ['crash: { symbols: true }', 3, 19, /guest, controller or none/],
  ['crash: { tools: crash }', 3, 17, /takes a list of/],
  ['crash: { tools: [crsh] }', 3, 18, /did you mean crash\?/],
  ['trace: { tools: [bpftrase] }', 3, 18, /did you mean bpftrace\?/],
  ['trace: { tools: [bpfcc-tools, bcc] }', 3, 18, /names out of bpftrace, bcc/],
  ['panic: { on: [opps] }', 3, 15, /did you mean oops\?/],
  ['panic: { on: [oops, [oom]] }', 3, 21, /takes names out of/],
  ['panic: { on: oops }', 3, 14, /takes a list of/],
  ['panic: { on: [true] }', 3, 15, /takes names out of/],
  ['sysrq: al', 3, 8, /did you mean all\?/],
  ['sysrq: 1', 3, 8, /takes all, none or a list/],
  ['sysrq: true', 3, 8, /takes all, none or a list/],
  ['sysrq: [synk]', 3, 9, /did you mean sync\?/],
  ['sysrq: {}', 3, 8, /takes all, none or a list/],
  ['match: { drivers: virtio_gpu }', 3, 19, /list of drivers/],
  ['match: { drivers: [virtio gpu] }', 3, 20, /names of drivers/],
  ['match: { drivers: [../../etc] }', 3, 20, /names of drivers/],
  ['match: false', 3, 8, /takes keys of its own/],
  ['arm: false', 3, 6, /takes keys of its own/],
  ['kdump: true', 3, 8, /or false to leave it out/],
  ['kdump:', 3, 7, /not nothing/],
  ['hung_task: panic', 3, 12, /takes keys of its own/],
  ['trace: [bpftrace]', 3, 8, /takes keys of its own/],
  ['extends: 1', 3, 10, /name of a profile/],
  ['extends: [kdump, 1]', 3, 18, /names of profiles/],
  ['extends: [a b]', 3, 11, /names of profiles/],
  ['description: [a]', 3, 14, /takes text/],
  // crashkernel
  ['kdump: { crashkernel: 256 }', 3, 23, /256 alone is bytes: write 256M/],
  ['kdump: { crashkernel: "256" }', 3, 23, /256 alone is bytes/],
  ['kdump: { crashkernel: 256MB }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: 0M }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: "512M,hi" }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: "crashkernel=256M" }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: "256M quiet" }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: "256M\\" ; reboot" }', 3, 23, /takes auto, a size/],
  ['kdump: { crashkernel: 4G-2G:256M }', 3, 23, /end is above their start/],
  ['kdump: { crashkernel: 128M-256M:512M }', 3, 23, /below the RAM/],
  ['kdump: { crashkernel: 2G-4G:320M,4G-:512M }', 3, 34, /unknown key "4G-:512M"/],
  // sysctl
  ['sysctl: { -kernel.panic: 1 }', 3, 11, /hides every failure/],
  ['sysctl: { net.ipv4.conf.*.rp_filter: 1 }', 3, 11, /patterns are not taken/],
  ['sysctl: { panic: 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { kernel..panic: 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { /kernel/panic: 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { kernel/../panic: 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { "kernel.pa nic": 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { "kernel.panic=1\\n": 1 }', 3, 11, /not a sysctl key/],
  ['sysctl: { kernel.panic: }', 3, 25, /not nothing/],
  ['sysctl: { kernel.panic: 1.5 }', 3, 25, /whole numbers/],
  ['sysctl: { kernel.panic: { a: 1 } }', 3, 25, /a mapping/],
  ['sysctl: { kernel.core_pattern: "a\\nb" }', 3, 32, /takes one line/],
  ['sysctl: { kernel.panic: 1, kernel/panic: 1 }', 3, 28, /"kernel\.panic" twice, first in line 3/],
  ['sysctl: [kernel.panic]', 3, 9, /sysctl keys with values/],
  // YAML
  ['kdump:\n\tkeep: 5', 4, 1, /a tab indents/],
  ['kdump: [', 3, 9, /not closed/],
  ['kdump: { keep: 5', 3, 17, /./],
  ['description: "open', 3, 19, /./],
  ['description: a: b', 3, 14, /mapping begins inside a value/],
  ['kdump: {}\n extends: kdump', 4, 1, /./],
  ['kdump: *nowhere', 3, 8, /no anchor/],
  ['kdump: &k { keep: *k }', 3, 19, /inside what it stands for/],
  ['description: !!binary aGk=', 3, 14, /tags/],
  ['description: !danger x', 3, 14, /tags/],
  ['--- \nname: two', 3, 1, /second document/],
  ['...\nname: two', 4, 1, /second document/],
  ['description: "\\x1b[31m', 3, 23, /./],
  ['description: \u001b[31m', 3, 14, /0x1b/],
  ['description: a\u0000b', 3, 15, /0x00/],
];

/** Whole files. */
const FILES: readonly Row[] = [
  ['', 1, 1, /empty/],
  ['\ufeff', 1, 1, /empty/],
  ['# only a comment\n', 1, 1, /empty/],
  ['---\n', 1, 1, /empty/],
  ['null', 1, 1, /empty/],
  ['[]', 1, 1, /a list/],
  ['- a\n- b\n', 1, 1, /a list/],
  ['just words', 1, 1, /single value/],
  ['42', 1, 1, /single value/],
  ['{}', 1, 1, /apiVersion is missing/],
  ['name: mine', 1, 1, /apiVersion is missing/],
  ['apiVersion: provision/v1', 1, 1, /name is missing/],
  ['apiVersion: provision/v2\nname: mine', 1, 13, /takes provision\/v1, not "provision\/v2"/],
  ['apiVersion: 1\nname: mine', 1, 13, /takes provision\/v1, not 1/],
  ['apiVersion: provision/v1\nname: My Profile', 2, 7, /small letters/],
  ['apiVersion: provision/v1\nname: ../../etc', 2, 7, /small letters/],
  ['apiVersion: provision/v1\nname: a-', 2, 7, /small letters/],
  ['apiVersion: provision/v1\nname: 5', 2, 7, /small letters/],
  [`apiVersion: provision/v1\nname: ${'a'.repeat(65)}`, 2, 7, /small letters/],
  ['%YAML 1.1\n---\napiVersion: provision/v1\nname: mine\n', 1, 1, /YAML 1\.2/],
  ['\u0000\u0001\u0002', 1, 1, /0x00/],
  ['\u007fELF\u0002', 1, 1, /0x7f/],
  ['#!/bin/sh\necho hi\n', 2, 1, /single value/],
  ['{"apiVersion": "provision/v1", "name": "mine", "kdmp": {}}', 1, 48, /did you mean kdump/],
  ['apiVersion: provision/v1\r\nname: mine\r\nkdmp: {}\r\n', 3, 1, /did you mean kdump/],
  ['\ufeffapiVersion: provision/v1\nname: mine\nkdmp: {}\n', 3, 1, /did you mean kdump/],
  ['\ufeffapiVersion: provision/v2\nname: mine\n', 1, 13, /takes provision\/v1/],
  [`${HEAD}a: ${'['.repeat(100_000)}`, 3, 0, /nested too deeply/],
  [`${HEAD}a: ${'{a: '.repeat(60)}${'}'.repeat(60)}`, 3, 1, /./],
  [`${HEAD}description: ${'x'.repeat(1_000_001)}`, 1, 1, /bigger than 1 MB/],
  [bomb(), 3, 1, /./],
];

/** Nine levels of ten aliases each: a billion values if they were written out. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const of = level === 0 ? 'lol' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => of).join(', ')}]`;
  });
  return `${HEAD}${levels.join('\n')}\n`;
}

function nested(path: string, value: string): { text: string; line: number; col: number } {
  const steps = path.split('.');
  const lines = steps.map((step, depth) => `${'  '.repeat(depth)}${step}:`);
  const last = lines.at(-1) ?? '';
  return { text: `${HEAD}${lines.join('\n')} ${value}\n`, line: 2 + lines.length, col: last.length + 2 };
}

/** Every path of the schema with values that none of them takes, and with its last key mistyped. */
function generated(): Malformed[] {
  const values = profilePaths().filter(({ kind }) => kind === 'value');
  const wrong = values.flatMap(({ path }) =>
    ['{ x: 1 }', '~', '1.5', '[[]]', 'no such value'].map((value) => {
      const { text, line, col } = nested(path, value);
      // A wrong item is pointed at itself.
      return {
        title: `${path}: ${value}`,
        text,
        line,
        col: col + (value === '[[]]' && isList(path) ? 1 : 0),
        says: new RegExp(path),
      };
    }),
  );
  const mistyped = profilePaths().map(({ path }) => {
    const { text, line, col } = nested(`${path}x`, '1');
    const key = path.split('.').at(-1) ?? '';
    return {
      title: `${path}x`,
      text,
      line,
      col: col - key.length - 3,
      says: new RegExp(`unknown key "${key}x".*; did you mean ${key}\\?`),
    };
  });
  return [...wrong, ...mistyped];
}

function isList(path: string): boolean {
  return ['match.drivers', 'crash.tools', 'trace.tools', 'panic.on', 'sysrq'].includes(path);
}

export function malformedProfiles(): Malformed[] {
  const toCase = ([text, line, col, says]: Row): Malformed => ({
    title: JSON.stringify(text.slice(0, 60)),
    text,
    line,
    col,
    says,
  });
  return [
    ...BODIES.map(([text, ...rest]) => ({ ...toCase([HEAD + text, ...rest]), title: JSON.stringify(text) })),
    ...FILES.map(toCase),
    ...generated(),
  ];
}
