import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE, requireUsable } from './lab-state.mjs';
import { Refusal } from './refusal.mjs';

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
  const target = path.join(CACHE, `${distro}-${recipeHash(distro + sources)}`);
  if (fs.existsSync(target)) return target;
  installNeeded();
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

/** What the root says of the kernel it pretends to have. @param {string} root */
export function kernelOf(root) {
  const text = fs.readFileSync(path.join(root, 'usr/local/lib/lab/kernel'), 'utf8');
  return { abi: /^abi=(.*)$/mu.exec(text)[1], version: /^version=(.*)$/mu.exec(text)[1] };
}

function recipeHash(seed) {
  const hash = createHash('sha256').update(seed).update(PACKAGES);
  for (const entry of fs.readdirSync(RECIPE, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (entry.isFile()) hash.update(entry.name).update(fs.readFileSync(path.join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex').slice(0, 12);
}

const byPath = (a, b) => (path.join(a.parentPath, a.name) < path.join(b.parentPath, b.name) ? -1 : 1);

/** The Debian mirrors that the machine itself uses, for the suite that is asked for. */
function debianSources(distro) {
  const files = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d')];
  const text = files.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')).join('\n');
  const uris = text.match(/https?:\/\/\S+/gu) ?? [];
  const find = (end, otherwise) =>
    uris.find((uri) => !uri.includes('snapshot.') && uri.replace(/\/$/u, '').endsWith(end)) ?? otherwise;
  const mirror = find('/debian', 'http://deb.debian.org/debian');
  const security = find('/debian-security', 'http://deb.debian.org/debian-security');
  return [
    `deb ${mirror} ${distro} main`,
    `deb ${mirror} ${distro}-updates main`,
    `deb ${security} ${distro}-security main`,
    '',
  ].join('\n');
}

const listed = (directory) =>
  fs.existsSync(directory) ? fs.readdirSync(directory).map((name) => path.join(directory, name)) : [];

/** Settings without which this machine's mirror would not be usable from the guests either. */
function keptAptOptions() {
  return execFileSync('apt-config', ['dump'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^Acquire::(?:Check-Valid-Until|Check-Date|https?::Proxy) /u.test(line))
    .map((line) => line.replace(/;$/u, ''));
}

/** Says which Debian packages are missing on the machine, and installs them. */
function installNeeded() {
  const missing = Object.entries(NEEDED)
    .filter(([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
    .map(([, name]) => name);
  if (missing.length === 0) return;
  process.stderr.write(`Debian packages to install: ${missing.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['-qq', 'update'], { env, stdio: 'ignore' });
  const done = spawnSync('apt-get', ['-y', '-qq', '--no-install-recommends', 'install', ...missing], {
    env,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Refusal(`apt-get install ${missing.join(' ')} failed:\n${done.stderr}`);
}
