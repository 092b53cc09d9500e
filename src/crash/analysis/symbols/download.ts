import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ProvisionError } from '../../../errors.ts';
import { makeFolder } from '../../../folder.ts';
import { lastWords, runTool, TOOLS } from '../../local-tool.ts';
import type { Work } from '../work.ts';
import type { DebugPackage } from './debug-package.ts';
import type { DebugFiles } from './symbols.ts';

interface Target {
  readonly release: string;
  /** The build-id's own folder in the cache. */
  readonly folder: string;
  readonly files: DebugFiles;
}

/** A vmlinux and the modules take about as much as the packed package. */
const ROOM_FACTOR = 2.2;
const DOWNLOAD_MS = 3 * 60 * 60_000;

/** Size of a package as apt knows it; null when apt does not know the package, or there is no apt. */
export async function packageBytes(wanted: DebugPackage, work: Work): Promise<number | null> {
  try {
    const { stdout } = await runTool(TOOLS.aptGet, ['download', '--print-uris', aptName(wanted)], {
      signal: work.signal,
    });
    // 'http://.../x.deb' x_1.0_amd64.deb 858383044 SHA256:...
    const size = /^'\S+' \S+ (\d+) /m.exec(stdout)?.[1];
    return size === undefined ? null : Number(size);
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'E_LOCAL_TOOL') return null;
    throw error;
  }
}

/**
 * Downloads the exact debug package and keeps the vmlinux and some modules of it; the package itself, and the 5 GB that it
 * would take unpacked, are not kept. The folder appears only when all of it is there.
 * @throws ProvisionError E_SYMBOLS when apt has no such package, E_DISK_FULL, E_LOCAL_TOOL, E_INTERRUPTED
 */
export async function downloadSymbols(wanted: DebugPackage, target: Target, work: Work): Promise<void> {
  const partial = `${target.folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  makeFolder(partial);
  try {
    await checkRoom(partial, wanted, work);
    const deb = await download(wanted, partial, work);
    await extract(deb, partial, target, work);
    rmSync(deb);
    rmSync(target.folder, { recursive: true, force: true });
    renameSync(partial, target.folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function checkRoom(folder: string, wanted: DebugPackage, work: Work): Promise<void> {
  const needed = ((await packageBytes(wanted, work)) ?? 1e9) * ROOM_FACTOR;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ProvisionError(
    'E_DISK_FULL',
    `${wanted.name} needs ${gigabytes(needed)} while it is unpacked; ${folder} has ${gigabytes(bavail * bsize)}`,
    { hint: 'set $XDG_CACHE_HOME to a file system with more room' },
  );
}

async function download(wanted: DebugPackage, folder: string, work: Work): Promise<string> {
  const answer = await work.step(`downloading ${wanted.name}`, () =>
    runTool(TOOLS.aptGet, ['download', aptName(wanted)], { cwd: folder, signal: work.signal, timeoutMs: DOWNLOAD_MS }),
  );
  const deb = readdirSync(folder).find((name) => name.endsWith('.deb') || name.endsWith('.ddeb'));
  if (answer.code !== 0 || deb === undefined) {
    throw new ProvisionError('E_SYMBOLS', `apt cannot download ${aptName(wanted)}: ${lastWords(answer)}`, {
      hint: wanted.remedy ?? 'give a vmlinux with --vmlinux',
    });
  }
  work.source({ tool: 'apt-get', what: `downloaded ${deb}`, ms: answer.ms });
  return join(folder, deb);
}

/** One pass over the package: unpacking it takes longer than anything else here. */
async function extract(deb: string, folder: string, { release, files }: Target, work: Work): Promise<void> {
  const patterns = [files.vmlinux, ...files.modules].map((path) => `./${path.replaceAll('{kernel}', release)}`);
  const tar = ['tar', '-x', '-C', folder, '--wildcards', '--no-wildcards-match-slash', ...patterns];
  const answer = await work.step('unpacking the kernel and its modules', () =>
    // tar fails for every pattern without a file, and kernels differ in their modules: the kernel itself is what counts.
    runTool(TOOLS.dpkgDeb, ['--fsys-tarfile', deb], { into: tar, signal: work.signal }),
  );
  const vmlinux = join(folder, files.vmlinux.replaceAll('{kernel}', release));
  if (!existsSync(vmlinux)) {
    throw new ProvisionError('E_SYMBOLS', `the package has no vmlinux of ${release}: ${lastWords(answer)}`);
  }
  renameSync(vmlinux, join(folder, 'vmlinux'));
  work.source({ tool: 'dpkg-deb', what: 'unpacked the kernel and its modules', ms: answer.ms });
}

/** `name:arch=version`, literally: apt takes a `+` or `-` at the end of a name for an order, and ABI names end in letters. */
function aptName({ name, version, arch }: DebugPackage): string {
  return `${name}${arch === null ? '' : `:${arch}`}${version === null ? '' : `=${version}`}`;
}
