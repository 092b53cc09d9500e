import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ProvisionError } from '../../../errors.ts';
import type { DumpIdentity } from '../../dump-identity.ts';
import type { Work } from '../work.ts';
import { debugPackage } from './debug-package.ts';
import { downloadSymbols, packageBytes } from './download.ts';
import type { NoSymbols, Symbols, SymbolWishes } from './symbols.ts';
import { buildIdOf, matchingFiles, vmlinuxFiles } from './vmlinux-file.ts';

/**
 * Finds the vmlinux of exactly the dump's kernel: the given one, the cache, this machine's /usr/lib/debug, the debug
 * package. The same `uname -r` can have been built twice, so the build-id decides.
 * @throws ProvisionError E_SYMBOLS when the given file is of another kernel, or the package is; E_LOCAL_TOOL, E_DISK_FULL
 */
export async function findSymbols(
  identity: DumpIdentity,
  wishes: SymbolWishes,
  work: Work,
): Promise<Symbols | NoSymbols> {
  const { given, files } = wishes;
  if (given !== null) return givenSymbols(given, identity, wishes);
  const cached = cacheFolder(work, identity);
  const ready = cached === null ? null : cachedSymbols(cached, identity, wishes);
  if (ready !== null) return ready;
  if (identity.release !== null) {
    const vmlinux = join('/', forKernel(files.vmlinux, identity.release));
    if (fits(vmlinux, identity)) return symbols('this machine', vmlinux, '/', identity, wishes);
  }
  return fromPackage(cached, identity, wishes, work);
}

/** @throws ProvisionError E_SYMBOLS, E_USAGE */
function givenSymbols(given: string, identity: DumpIdentity, wishes: SymbolWishes): Symbols {
  const status = statSync(given, { throwIfNoEntry: false });
  if (status === undefined) throw new ProvisionError('E_USAGE', `there is no file or folder ${given}`);
  const candidates = status.isDirectory() ? vmlinuxFiles(resolve(given), identity.buildId) : [resolve(given)];
  const match = candidates.find((path) => fits(path, identity));
  if (match === undefined) throw misfit(given, candidates, identity);
  const place = `/${forKernel(wishes.files.vmlinux, identity.release ?? '')}`;
  // Out of an unpacked package, or out of a folder as the cache has them.
  const root = match.endsWith(place) ? match.slice(0, -place.length) : dirname(match);
  return symbols('given', match, root, identity, wishes);
}

function misfit(given: string, candidates: readonly string[], { buildId, release }: DumpIdentity): ProvisionError {
  const [first] = candidates;
  if (first === undefined) return new ProvisionError('E_SYMBOLS', `there is no vmlinux under ${given}`);
  const theirs = candidates.map((path) => buildIdOf(path) ?? 'none').slice(0, 3);
  const hint = `the dump is of ${release ?? 'an unknown kernel'}; a vmlinux of another build names the wrong functions`;
  return new ProvisionError(
    'E_SYMBOLS',
    `${candidates.length === 1 ? first : given} is not of the dump's kernel: build-id ${theirs.join(', ')}, the dump has ${buildId ?? 'none'}`,
    { hint },
  );
}

function cachedSymbols(folder: string, identity: DumpIdentity, wishes: SymbolWishes): Symbols | null {
  const vmlinux = join(folder, 'vmlinux');
  return fits(vmlinux, identity) ? symbols('cache', vmlinux, folder, identity, wishes) : null;
}

async function fromPackage(
  folder: string | null,
  identity: DumpIdentity,
  wishes: SymbolWishes,
  work: Work,
): Promise<Symbols | NoSymbols> {
  const name = identity.release ?? 'an unknown kernel';
  const wanted = debugPackage(identity, wishes.distributions);
  if (wanted === null || folder === null) {
    return {
      reason: `there is no vmlinux of ${name} here, and no distribution is known to publish one`,
      remedy: 'ask who built the kernel for its vmlinux, and give it with --vmlinux',
    };
  }
  const bytes = await packageBytes(wanted, work);
  if (!(await wishes.mayDownload(wanted.name, bytes))) {
    return {
      reason: `there is no vmlinux of ${name} here`,
      remedy: `--download fetches it from ${wanted.name}, or give one with --vmlinux`,
    };
  }
  await downloadSymbols(wanted, { release: name, folder, files: wishes.files }, work);
  const ready = cachedSymbols(folder, identity, wishes);
  if (ready !== null) return { ...ready, from: 'downloaded' };
  throw new ProvisionError(
    'E_SYMBOLS',
    `${wanted.name} is of another build: build-id ${buildIdOf(join(folder, 'vmlinux')) ?? 'none'}, the dump has ${identity.buildId ?? 'none'}`,
    { hint: wanted.remedy ?? undefined },
  );
}

function symbols(
  from: Symbols['from'],
  vmlinux: string,
  root: string,
  identity: DumpIdentity,
  { files }: SymbolWishes,
): Symbols {
  const patterns = files.modules.map((pattern) => forKernel(pattern, identity.release ?? ''));
  return { vmlinux, modules: matchingFiles(root, patterns), from, proven: identity.buildId !== null };
}

/** Kernels before 5.9 leave no build-id in the dump: then any vmlinux has to do, and the analysis says so. */
function fits(path: string, { buildId }: DumpIdentity): boolean {
  if (!existsSync(path)) return false;
  const own = buildIdOf(path);
  return buildId === null ? own !== null : own === buildId;
}

/** Without a build-id, the release and the package's version are the next best name. */
function cacheFolder({ cache }: Work, { buildId, release, version }: DumpIdentity): string | null {
  const name = buildId ?? [release, version].filter((part) => part !== null).join(' ');
  return name === '' ? null : join(cache, 'vmlinux', name.replaceAll(/[^\w.+-]+/g, '_'));
}

function forKernel(pattern: string, release: string): string {
  return pattern.replaceAll('{kernel}', release);
}
