import type { DesiredState, Origin } from '../profile/desired.ts';

/** Names and what they are for, in two columns. */
export function formatProfileList(
  profiles: readonly { readonly name: string; readonly description: string }[],
): string {
  const width = Math.max(...profiles.map(({ name }) => name.length));
  return profiles.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join('');
}

/** What a profile means, setting by setting; with origins, where each value was last set. */
export function formatDesired(desired: DesiredState, origins: boolean): string {
  const rows = [...sections(desired), ...desired.sysctls.map(sysctlRow)];
  const width = Math.max(...rows.map(([name]) => name.length));
  const values = Math.max(...rows.map(([, value]) => value.length).filter((length) => length < 60));
  const lines = rows.map(([name, value, path, note]) => {
    const origin = origins ? describeOrigin(desired.origins[path]) : note;
    return `  ${name.padEnd(width)}  ${origin === '' ? value : `${value.padEnd(values)}  ${origin}`}`;
  });
  return `${desired.profile}: ${desired.description}\n${lines.join('\n')}\n`;
}

type Row = readonly [name: string, value: string, path: string, note: string];

function sysctlRow({ key, value, armed, path }: DesiredState['sysctls'][number]): Row {
  return [key, value, path, armed ? 'armed by the gate' : ''];
}

function sections({ match, kdump, crash, trace, watch, arm }: DesiredState): Row[] {
  const rows: Row[] = [];
  const add = (path: string, value: string): void => void rows.push([path, value, path, '']);
  if (match.drivers.length > 0) add('match.drivers', match.drivers.join(', '));
  if (kdump !== null) {
    add('kdump.crashkernel', kdump.crashkernel);
    add('kdump.keep', String(kdump.keep));
  }
  if (crash !== null) {
    add('crash.tools', crash.tools.join(', '));
    add('crash.symbols', crash.symbols);
  }
  if (trace !== null) {
    add('trace.tools', trace.tools.join(', '));
    add('trace.headers', String(trace.headers));
  }
  if (watch !== null) {
    add('trace.watch.blocked', `${watch.blocked}s`);
    add('trace.watch.memory_full', watch.memoryFull === null ? 'never' : `${watch.memoryFull}%`);
    add('trace.watch.io_full', watch.ioFull === null ? 'never' : `${watch.ioFull}%`);
    add('trace.watch.workqueues', String(watch.workqueues));
    add('trace.watch.every', `${watch.every}s`);
    add('trace.watch.keep', String(watch.keep));
    add('trace.watch.max_size', `${watch.maxKiB / 1024}M`);
  }
  add('arm.when', arm.when);
  add('arm.after', `${arm.after}s`);
  add('arm.breaker', `${arm.breaker.crashes} crashes within ${arm.breaker.within}s`);
  return rows;
}

function describeOrigin(origin: Origin | undefined): string {
  switch (origin?.kind) {
    case 'profile':
      return `${origin.file}:${origin.line}:${origin.col}`;
    case 'vars':
      return `${origin.scope}, ${origin.file}${origin.line === undefined ? '' : `:${origin.line}`}`;
    case 'set':
      return `--set ${origin.text}`;
    default:
      return 'default';
  }
}
