import type { Facts } from './facts.ts';
import { linesOf, NamedLines, type Sections } from './sections.ts';

const DIRECTORY = '/var/lib/kdump';

/** Sizes and links of what a crash kernel is loaded from, and the memory that the firmware reports. */
export function parseCapture(sections: Sections, kernel: string): Pick<Facts, 'capture' | 'physicalKiB'> {
  const named = new NamedLines(linesOf(sections, 'capture'));
  const there = new Set(named.all('there'));
  const { sizes, links } = parseStat(named.all('size'));
  const ranges = named.all('iomem').flatMap(parseRange);
  const total = (wanted: RegExp): number | null => {
    const bytes = ranges.filter(({ name }) => wanted.test(name)).reduce((sum, { size }) => sum + size, 0);
    return bytes === 0 ? null : bytes;
  };
  const ram = total(/^System RAM$/);
  return {
    capture: {
      vmlinuzBytes: sizes.get(`/boot/vmlinuz-${kernel}`) ?? null,
      initrdBytes: sizes.get(`/boot/initrd.img-${kernel}`) ?? null,
      captureInitrdBytes: sizes.get(`${DIRECTORY}/initrd.img-${kernel}`) ?? null,
      kernelBytes: total(/^Kernel /),
      modulesBytes: Number(named.get('modules') ?? 0) || null,
      kernelLink: links.get(`${DIRECTORY}/vmlinuz`) ?? null,
      initrdLink: links.get(`${DIRECTORY}/initrd.img`) ?? null,
      initrdThere: there.has(`${DIRECTORY}/initrd.img`),
    },
    physicalKiB: ram === null ? null : Math.floor(ram / 1024),
  };
}

/** `SIZE 'PATH'` of a file, `SIZE 'PATH' -> 'TARGET'` of a link, as stat's %N has it; a link's own size says nothing. */
function parseStat(lines: readonly string[]): { sizes: Map<string, number>; links: Map<string, string> } {
  const sizes = new Map<string, number>();
  const links = new Map<string, string>();
  for (const line of lines) {
    const match = /^(\d+) '([^']*)'(?: -> '([^']*)')?$/.exec(line);
    const [, size = '', path = '', target] = match ?? [];
    if (path === '') continue;
    if (target === undefined) sizes.set(path, Number(size));
    else links.set(path, target);
  }
  return { sizes, links };
}

/** `00100000-7ffdbfff System RAM`; both ends are zero for everybody but root. */
function parseRange(line: string): { name: string; size: number }[] {
  const match = /^([0-9a-f]+)-([0-9a-f]+) (.+)$/i.exec(line);
  if (!match) return [];
  const [, start = '', end = '', name = ''] = match;
  const last = Number.parseInt(end, 16);
  return last === 0 ? [] : [{ name, size: last - Number.parseInt(start, 16) + 1 }];
}
