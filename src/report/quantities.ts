/** Decimal megabytes, as apt counts them. */
export function megabytes(bytes: number): string {
  const mb = Math.abs(bytes) / 1e6;
  if (mb >= 1000) return `${(mb / 1000).toFixed(1)} GB`;
  return mb >= 0.05 || bytes === 0 ? `${mb.toFixed(1)} MB` : 'under 0.1 MB';
}

/** Memory, in the binary units that the kernel counts in. */
export function memorySize(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

export function duration(ms: number): string {
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Time that runs on a screen, in whole seconds: `42 s`, `1 min 2 s`, `2 h 5 min`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Time to come, no finer than it can be known: `15 s`, `4 min`, `2 h 10 min`. */
export function about(ms: number): string {
  const seconds = Math.max(5, Math.ceil(ms / 5000) * 5);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const tens = Math.ceil(minutes / 10) * 10;
  return `${Math.floor(tens / 60)} h${tens % 60 === 0 ? '' : ` ${tens % 60} min`}`;
}

/** `4.1 s`, or `3.9 to 4.4 s` over several guests. */
export function durations(all: readonly number[]): string {
  const low = duration(all.reduce((a, b) => Math.min(a, b), Infinity));
  const high = duration(all.reduce((a, b) => Math.max(a, b), 0));
  if (low === high) return high;
  return low.endsWith(' s') && high.endsWith(' s') && !high.includes('min')
    ? `${low.slice(0, -2)} to ${high}`
    : `${low} to ${high}`;
}

/** `1 change`, `12 changes`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `13.0 MB/s` */
export function rate(bytes: number, ms: number): string {
  return `${megabytes((bytes / Math.max(ms, 1)) * 1000)}/s`;
}

/** How long ago, to two units: `4 min`, `2 h 5 min`, `3 d 2 h`. */
export function age(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Time that was traced: `2.91 s`, `12.3 ms`, `850 us`. */
export function microseconds(us: number): string {
  if (us >= 999_950) return `${(us / 1e6).toFixed(2)} s`;
  return us >= 1000 ? `${(us / 1000).toFixed(1)} ms` : `${Math.round(us)} us`;
}

/** `92.1 %` */
export function percent(part: number, whole: number): string {
  const share = whole > 0 ? (part / whole) * 100 : 0;
  return `${share.toFixed(share > 0 && share < 0.1 ? 3 : 1)} %`;
}
