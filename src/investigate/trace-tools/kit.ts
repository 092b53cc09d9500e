import type { Need } from './rules.ts';

/** What a guest has for tracing, as templates/guest/trace-look.sh tells. */
export interface Kit {
  readonly root: boolean;
  readonly kernel: string;
  /** `none`, `integrity`, `confidentiality`; null where the kernel has no lockdown. */
  readonly lockdown: string | null;
  readonly has: ReadonlySet<Need>;
  /** By the name that was asked for. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Versions of Debian packages by name, epoch and revision left out. */
  readonly packages: ReadonlyMap<string, string>;
}

export interface Program {
  readonly kind: 'script' | 'binary';
  readonly path: string;
}

/** Reads the sections of the look. */
export function parseKit(sections: ReadonlyMap<string, Buffer>): Kit {
  const host = pairs(sections, 'host');
  const first = (key: string): string | null => host.find(([name]) => name === key)?.[1] ?? null;
  return {
    root: first('uid') === '0',
    kernel: first('kernel') ?? '',
    lockdown: /\[(\w+)\]/.exec(first('lockdown') ?? '')?.[1] ?? null,
    has: new Set(host.filter(([name]) => name === 'has').map(([, value]) => value as Need)),
    programs: new Map(
      pairs(sections, 'programs').flatMap(([name, value]): [string, Program][] => {
        const [, kind, path = ''] = /^(script|binary) (.+)$/.exec(value) ?? [];
        return kind === undefined ? [] : [[name, { kind: kind as Program['kind'], path }]];
      }),
    ),
    packages: new Map(
      pairs(sections, 'packages')
        .map(([name, value]): [string, string] => [name, value.replace(/^\d+:/, '').replace(/[-+~].*$/, '')])
        .filter(([, version]) => version !== ''),
    ),
  };
}

function pairs(sections: ReadonlyMap<string, Buffer>, name: string): [string, string][] {
  const text = sections.get(name)?.toString('utf8') ?? '';
  return text.split('\n').flatMap((line): [string, string][] => {
    const space = line.indexOf(' ');
    return space < 0 ? [] : [[line.slice(0, space), line.slice(space + 1)]];
  });
}
