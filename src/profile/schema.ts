import * as z from 'zod';
import { crashkernelProblem } from './crashkernel.ts';
import { choice, count, duration, flag, keyed, listOf, oneOf, pattern, removable, section } from './fields.ts';
import { watchSection } from './watch.ts';
import { sysctlKeyProblem } from './sysctl-key.ts';

export const API_VERSION = 'provision/v1';
export const PROFILE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export const CRASH_TOOLS = ['crash', 'makedumpfile', 'kexec-tools', 'kdump-tools'] as const;
export const TRACE_TOOLS = ['bpftrace', 'bcc', 'libbpf-tools'] as const;

/** Functions of the magic SysRq key and their bits. Source: Documentation/admin-guide/sysrq.rst. */
export const SYSRQ_BITS = {
  loglevel: 2,
  keyboard: 4,
  dump: 8,
  sync: 16,
  'remount-ro': 32,
  signal: 64,
  reboot: 128,
  nice: 256,
} as const;

/** What can panic a guest, and the sysctl that makes it. */
export const PANIC_EVENTS = {
  oops: 'kernel.panic_on_oops',
  softlockup: 'kernel.softlockup_panic',
  hardlockup: 'kernel.hardlockup_panic',
  oom: 'vm.panic_on_oom',
  warn: 'kernel.panic_on_warn',
  rcu_stall: 'kernel.panic_on_rcu_stall',
  hung_task: 'kernel.hung_task_panic',
  unrecovered_nmi: 'kernel.panic_on_unrecovered_nmi',
  io_nmi: 'kernel.panic_on_io_nmi',
  unknown_nmi: 'kernel.unknown_nmi_panic',
} as const;

function names<T extends Record<string, unknown>>(table: T): [keyof T & string, ...(keyof T & string)[]] {
  return Object.keys(table) as [keyof T & string, ...(keyof T & string)[]];
}

const functions = names(SYSRQ_BITS);

function profileName(description: string): z.ZodString {
  return pattern(description, 'takes a name of small letters, digits and inner dashes', PROFILE_NAME);
}

/** A name of a profile, or a path to one when it holds a slash. */
function base(): z.ZodString {
  return pattern(
    'Name of a profile, or a path such as ./base.yaml',
    'takes names of profiles or paths (./base.yaml)',
    /^[^\s\0]+$/,
  );
}

const WARNINGS = { error: 'takes unlimited or a whole number from 0' };

const crashkernel = z
  .string({ error: ({ input }) => crashkernelProblem(String(input)) ?? 'takes text: put it in quotes' })
  .superRefine((text, context) => {
    const problem = crashkernelProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem, input: text });
  })
  .describe(
    'Memory to reserve for the capture kernel: auto (computed from RAM, architecture and initrd), a size (256M; 512M,high) ' +
      'or ranges of RAM (2G-4G:320M,4G-:512M)',
  );

const sysctlScalar = z.union([z.string(), z.number().int(), z.boolean()]);

const sysctlValue = z
  .union([sysctlScalar, z.array(sysctlScalar)], {
    error: ({ input }) =>
      typeof input === 'number'
        ? 'takes whole numbers: put anything else in quotes'
        : 'takes text, a whole number, true, false or a list',
  })
  .superRefine((value, context) => {
    const text = String(value);
    if (/[\r\n]/.test(text)) context.addIssue({ code: 'custom', message: 'takes one line', input: value });
    if (text.length > 1024)
      context.addIssue({ code: 'custom', message: 'takes at most 1024 characters', input: value });
  })
  .describe('The value to write; true is 1, false is 0, the items of a list are joined as the key wants them');

const sysctl = z
  .record(
    keyed((key) => sysctlKeyProblem(key)),
    sysctlValue,
    { error: 'takes sysctl keys with values' },
  )
  .describe('Any other kernel setting, key: value (kernel.panic or kernel/panic); ranges are in catalogue/sysctl');

/** The schema of a profile file: the one source of validation, of the JSON Schema, and of the words in both. */
export const profileSchema = section('A debug environment for a kind of guest', {
  apiVersion: z.literal(API_VERSION, { error: `takes ${API_VERSION}` }).describe('The format of this file'),
  name: profileName('Name of the profile; it becomes part of file names on the guest'),
  description: z
    .string({ error: 'takes text' })
    .max(500, { error: 'takes at most 500 characters' })
    .optional()
    .describe('One line for people'),
  extends: z
    .union([base(), z.array(base())], { error: 'takes the name of a profile or a list of names' })
    .optional()
    .describe(
      'Profiles that this one is made of; later ones win over earlier ones, this one over all. Mappings are merged, lists replaced',
    ),
  match: section('Which guests the profile is for; others are skipped and named', {
    drivers: z
      .array(
        pattern(
          'A driver as /sys/bus/*/drivers names it',
          'takes names of drivers such as virtio_gpu',
          /^[\w-]{1,64}$/,
        ),
        {
          error: 'takes a list of drivers such as [virtio_gpu]',
        },
      )
      .default([])
      .describe('The guest must have a device bound to one of these; an empty list takes every guest'),
  }).optional(),
  kdump: removable('Capture a vmcore when the kernel panics', {
    crashkernel: crashkernel.default('auto'),
    keep: count('Dumps kept on the guest, oldest removed first; 0 keeps all', 0, 10_000).default(5),
  }).optional(),
  crash: removable('Tools to read a dump with', {
    tools: listOf('Packages to install on the guest', CRASH_TOOLS).default([]),
    symbols: choice(
      "Where the kernel's debug symbols go: the guest (several GB installed), the controller (fetched when a dump is read), or none",
      ['guest', 'controller', 'none'],
    ).default('controller'),
  }).optional(),
  sysrq: z
    .union(
      [z.enum(['all', 'none']), z.array(z.enum(functions, { error: `takes names out of ${functions.join(', ')}` }))],
      {
        error: `takes all, none or a list of ${functions.join(', ')}`,
      },
    )
    .optional()
    .describe(
      'What the SysRq key may do from the keyboard and the serial console; root writes to /proc/sysrq-trigger are always allowed',
    ),
  hung_task: removable('The detector of tasks that stay uninterruptible (D state)', {
    panic: flag('Panic when a task hangs').optional(),
    timeout: duration('How long a task may stay in D state; it is noticed between one and two times that').optional(),
    check_interval: duration('Time between two scans; without it, the timeout').optional(),
    warnings: z
      .union([z.literal('unlimited'), z.number().int(WARNINGS).min(0, WARNINGS).max(2_147_483_647, WARNINGS)], WARNINGS)
      .optional()
      .describe(
        'Reports in the kernel log before the detector goes silent: unlimited or a number (the kernel starts with 10)',
      ),
    all_cpu_backtrace: flag('Log what every CPU does when a task hangs').optional(),
  }).optional(),
  panic: removable('What panics the kernel, and what comes after', {
    on: listOf('Events that panic the guest, once it is armed', names(PANIC_EVENTS)).optional(),
    reboot_after: duration(
      'Reboot so long after a panic that was not captured; never stays halted, now does not wait',
      ['never', 'now'],
    ).optional(),
  }).optional(),
  arm: section('When the settings that panic become live', {
    when: choice(`${oneOf(['kdump-ready', 'always'])}: wait until a crash kernel is loaded, or do not`, [
      'kdump-ready',
      'always',
    ]).default('kdump-ready'),
    after: duration('Uptime before arming, so that a panic at boot is no crash loop', ['0s']).default('2m'),
    breaker: section('Stay disarmed after repeated crashes', {
      crashes: count('So many dumps', 1, 1000).default(3),
      within: duration('in so much time').default('1h'),
    }).prefault({}),
  }).prefault({}),
  trace: removable('Tracing tools, and evidence of stalls', {
    tools: listOf('Packages to install on the guest', TRACE_TOOLS).default([]),
    headers: flag('Install the headers of the running kernel, which bcc compiles against').default(false),
    watch: watchSection.optional(),
  }).optional(),
  sysctl: sysctl.optional(),
});

/** A profile as its file has it, nothing filled in. */
export type ProfileInput = z.input<typeof profileSchema>;
/** A profile with defaults. */
export type ProfileValues = z.output<typeof profileSchema>;
