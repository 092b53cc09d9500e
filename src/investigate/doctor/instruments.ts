import { linesOf, NamedLines, type Sections } from '../../facts/sections.ts';

/** What a guest has to read hangs with, as templates/guest/doctor.sh found it. Absent things are null, never guessed. */
export interface Instruments {
  /** Types of the running kernel (BTF). */
  readonly btf: boolean;
  /** Headers of the running kernel that bcc can compile with. */
  readonly headers: boolean;
  /** Modules of the running kernel are still installed. */
  readonly modules: boolean;
  /** vmlinux with symbols of the running kernel, on the guest itself. */
  readonly symbols: string | null;
  readonly tracefs: boolean;
  /** The journal outlives a boot. */
  readonly journal: boolean;
  /** The unit that keeps evidence of hangs that recover. */
  readonly watch: boolean;
  /** /proc/PID/stack can be read. */
  readonly stacks: boolean;
  readonly psi: boolean;
  /** Records that firmware kept of former panics. */
  readonly pstore: readonly string[];
  /** kernel.* that decide what can be seen; only those that the kernel has. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Name of a tool -> where it is. */
  readonly tools: Readonly<Record<string, string>>;
  /** Options of the kernel's configuration that were looked for; null: it is not on the guest. */
  readonly config: Readonly<Record<string, string>> | null;
}

export function readInstruments(sections: Sections): Instruments {
  const named = new NamedLines(linesOf(sections, 'doctor'));
  const config = linesOf(sections, 'config');
  return {
    btf: named.has('btf'),
    headers: named.has('headers'),
    modules: named.has('modules'),
    symbols: named.get('symbols') ?? null,
    tracefs: named.has('tracefs'),
    journal: named.has('journal'),
    watch: named.has('watch'),
    stacks: named.has('stacks'),
    psi: named.has('psi'),
    pstore: named.all('pstore'),
    sysctls: Object.fromEntries(
      linesOf(sections, 'doctor').flatMap((line) => {
        const match = /^sysctl\.(\S+) (.*)$/.exec(line);
        return match === null ? [] : [[match[1], (match[2] ?? '').trim()]];
      }),
    ) as Record<string, string>,
    tools: Object.fromEntries(
      named.all('tool').flatMap((text) => {
        const [name = '', path = ''] = text.split(' ');
        return path === '' ? [] : [[name, path]];
      }),
    ),
    config: config.some((line) => line.startsWith('file '))
      ? (Object.fromEntries(
          config.flatMap((line) => {
            const match = /^CONFIG_(\w+)=(.*)$/.exec(line);
            return match === null ? [] : [[match[1], match[2] ?? '']];
          }),
        ) as Record<string, string>)
      : null,
  };
}
