/** What the kernel left in its dump about itself (kernel/crash_core.c, VMCOREINFO_*). */
export interface Vmcoreinfo {
  /** `uname -r` */
  readonly release: string | null;
  /** Hex; null for kernels before 5.9, which do not say. */
  readonly buildId: string | null;
  /** Seconds since 1970; null when the dump was made of a live system. */
  readonly crashTime: number | null;
  readonly values: ReadonlyMap<string, string>;
}

/** Reads `KEY=VALUE` lines; anything else, such as the zeros that fill the note up, is passed over. */
export function parseVmcoreinfo(text: string): Vmcoreinfo {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z][\w-]*(?:\([\w.]+\))?)=([\x20-\x7e]*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], match[2]);
  }
  const buildId = values.get('BUILD-ID') ?? '';
  const crashTime = values.get('CRASHTIME') ?? '';
  return {
    release: values.get('OSRELEASE') ?? null,
    buildId: /^[0-9a-f]{8,}$/i.test(buildId) ? buildId.toLowerCase() : null,
    crashTime: /^[1-9]\d{0,11}$/.test(crashTime) ? Number(crashTime) : null,
    values,
  };
}
