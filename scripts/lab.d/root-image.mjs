import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { debianSources, keptAptOptions } from '../guests.d/apt-sources.mjs';
import { installNeeded } from '../guests.d/programs.mjs';
import { recipeHash } from '../guests.d/recipe-hash.mjs';
import { Refusal } from '../guests.d/refusal.mjs';
import { CACHE, requireUsable } from './lab-state.mjs';

const RECIPE = path.join(import.meta.dirname, 'root');
const PACKAGES =
  'openssh-server,systemd,systemd-sysv,dbus,procps,iproute2,sudo,ca-certificates,kmod,udev,tcsh,fish,python3-minimal,grub2-common,initramfs-tools,file';
/** What the machine needs for this: the program that tells, and the Debian package that brings it. */
const NEEDED = {
  mmdebstrap: 'mmdebstrap',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  setpriv: 'util-linux',
  hostname: 'hostname',
};

/** The command `lab root`. @param {string[]} args */
export async function buildRoot(args) {
  requireUsable();
  const { values } = parseArgs({ args, options: { distro: { type: 'string', default: 'bookworm' } } });
  process.stdout.write(`${await rootImage(values.distro)}\n`);
}

/**
 * The directory of the shared root for a distribution, built when the recipe has changed.
 * @param {string} distro a Debian suite
 */
export async function rootImage(distro) {
  const sources = debianSources(distro);
  const target = path.join(CACHE, `${distro}-${recipeHash(RECIPE, distro, sources, PACKAGES)}`);
  if (fs.existsSync(target)) return target;
  installNeeded(NEEDED);
  fs.mkdirSync(CACHE, { recursive: true });
  const partial = fs.mkdtempSync(`${target}.`);
  // The directory's own mode becomes that of the guests' /.
  fs.chmodSync(partial, 0o755);
  process.stderr.write(`building the root for ${distro} in ${target}; takes a minute or two\n`);
  const { $ } = await import('zx');
  try {
    const options = keptAptOptions().map((option) => `--aptopt=${option}`);
    const hook = `env DISTRO=${distro} ${path.join(RECIPE, 'customize')} "$1"`;
    await $({
      input: sources,
      quiet: true,
    })`mmdebstrap --variant=minbase --skip=cleanup/apt ${options} --include=${PACKAGES} ${`--customize-hook=${hook}`} ${distro} ${partial} -`;
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    // Another lab may have built the same root in the meantime.
    if (fs.existsSync(target)) return target;
    throw new Refusal(
      `the root could not be built:\n${String(error.stderr ?? error)
        .split('\n')
        .slice(-25)
        .join('\n')}`,
    );
  }
  return target;
}

/**
 * A shared root in which more packages are installed already, made from the plain one.
 * @param {string} root the plain one
 * @param {string[]} packages names of the root's own distribution
 */
export async function rootWith(root, packages) {
  if (packages.length === 0) return root;
  const sorted = packages.toSorted();
  const target = `${root}+${createHash('sha256').update(sorted.join()).digest('hex').slice(0, 12)}`;
  if (fs.existsSync(target)) return target;
  const partial = fs.mkdtempSync(`${target}.`);
  process.stderr.write(`installing ${sorted.join(' ')} in ${target}\n`);
  const { $ } = await import('zx');
  try {
    await $({ quiet: true })`cp -a --reflink=auto ${root}/. ${partial}/`;
    await $({
      quiet: true,
    })`unshare --mount sh -eu ${path.join(import.meta.dirname, 'root-packages.sh')} ${partial} ${sorted}`;
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (fs.existsSync(target)) return target;
    throw new Refusal(`the packages could not be installed:\n${String(error.stderr ?? error).slice(-2000)}`);
  }
  return target;
}

/** What the root says of the kernel it pretends to have. @param {string} root */
export function kernelOf(root) {
  const text = fs.readFileSync(path.join(root, 'usr/local/lib/lab/kernel'), 'utf8');
  return { abi: /^abi=(.*)$/mu.exec(text)[1], version: /^version=(.*)$/mu.exec(text)[1] };
}
