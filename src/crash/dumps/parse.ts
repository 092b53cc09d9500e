import { ProvisionError } from '../../errors.ts';
import { linesOf, NamedLines, type Sections } from '../../facts/sections.ts';
import { NO_LOG, readLog, type LogFacts } from './dmesg.ts';
import type { Dump, DumpBody, DumpFile, DumpsAnswer, Verdict } from './dump.ts';
import { readEnds, readEntries, textsOf, type Directory } from './entries.ts';
import { readInside } from './inside.ts';
import { isBody, isDmesg, isIncomplete, judgeFile, judgeNone, type Evidence } from './judge.ts';

/**
 * Reads what templates/guest/dumps.sh printed, and judges every dump.
 * @throws ProvisionError E_PROBE when a dump changed while it was looked at, which the next look settles
 */
export function parseDumps(sections: Sections): DumpsAnswer {
  const host = new NamedLines(linesOf(sections, 'host'));
  const now = Number(host.get('now'));
  if (!Number.isFinite(now)) throw new ProvisionError('E_PROBE', 'the guest did not tell its time');
  const captureKernel = host.has('capture_kernel');
  const memTotalKiB = Number(/(\d+) kB/.exec(host.get('memory') ?? '')?.[1] ?? 0);
  const ends = readEnds(sections);
  const inside = readInside(sections);
  const logs = readLogs(sections);
  const dumps = readEntries(sections).map(({ path, mtime, files }): Dump => {
    const evidence = files.filter(isBody).map((file): Evidence => {
      const whole = `${path}/${file.name}`;
      const [end, deep] = [ends.get(whole), inside.get(whole)];
      return { file, ...(end && { ends: end }), ...(deep && { inside: deep }) };
    });
    const dmesg = files.find(isDmesg) ?? null;
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      directory: path,
      time: mtime,
      ageSeconds: Math.max(0, now - mtime),
      files: [...files].sort(byName),
      ...bodyOf(evidence, files, memTotalKiB, captureKernel),
      dmesg,
      ...((dmesg && logs.get(`${path}/${dmesg.name}`)) ?? NO_LOG),
      captureLog: files.some(({ name }) => name === 'capture.log'),
      journal: files.some(({ name }) => name.startsWith('journal.')),
    };
  });
  const free = host.get('free');
  return {
    coredir: sections.get('coredir')?.toString('utf8') ?? '',
    exists: host.has('exists'),
    readable: host.has('readable'),
    now,
    bootId: host.get('boot_id') ?? '',
    memTotalKiB,
    freeKiB: free === undefined ? null : Number(free),
    captureKernel,
    kdumpLock: host.has('kdump_lock'),
    kexecCmd: host.has('kexec_cmd'),
    remote: host.get('remote') ?? null,
    dumps: dumps.sort((a, b) => b.time - a.time || (a.name < b.name ? 1 : -1)),
  };
}

/** Where several files could be the dump (two crashes in one minute share a directory), a valid one is. */
function bodyOf(
  evidence: readonly Evidence[],
  files: Directory['files'],
  memTotalKiB: number,
  captureKernel: boolean,
): { readonly dump: DumpBody | null; readonly verdict: Verdict } {
  const judged = evidence.map((each) => ({ ...judgeFile(each, memTotalKiB), ...each.file }));
  const best = judged.find(({ verdict }) => verdict.valid) ?? judged[0];
  if (best !== undefined) {
    const { name, size, format, verdict } = best;
    return { dump: { name, size, format, incomplete: false }, verdict };
  }
  const begun = files.find(isIncomplete);
  return {
    dump: begun === undefined ? null : { name: begun.name, size: begun.size, format: null, incomplete: true },
    verdict: judgeNone(files, captureKernel),
  };
}

/** path of a dmesg file -> what it says; the lines name the file by its number. */
function readLogs(sections: Sections): Map<string, LogFacts> {
  const said = textsOf(sections, 'logs').map(() => new Map<string, string>());
  for (const line of linesOf(sections, 'dmesg')) {
    const match = /^(\d+) (\w+) (.*)$/.exec(line);
    if (match) said[Number(match[1]) - 1]?.set(match[2] ?? '', match[3] ?? '');
  }
  const paths = textsOf(sections, 'logs');
  return new Map(paths.flatMap((path, at) => (path === null ? [] : [[path, readLog(said[at] ?? new Map())] as const])));
}

function byName(a: DumpFile, b: DumpFile): number {
  return a.name < b.name ? -1 : 1;
}
