import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { debianSources, keptAptOptions } from '../guests.d/apt-sources.mjs';
import { keyPair } from '../guests.d/key-pair.mjs';
import { installNeeded } from '../guests.d/programs.mjs';
import { recipeHash } from '../guests.d/recipe-hash.mjs';
import { Refusal } from '../guests.d/refusal.mjs';
import { writeDisk } from './disk.mjs';
import { CACHE } from './vm-state.mjs';

const RECIPE = path.join(import.meta.dirname, 'image');
const VARIANTS = ['bare', 'ready', 'trace'];
const PACKAGES =
  'openssh-server,systemd,systemd-sysv,dbus,procps,iproute2,sudo,ca-certificates,kmod,udev,apt-utils,whiptail,file,bsdextrautils';
/** What the machine needs for this: the program that tells, and the Debian package that brings it. */
const NEEDED = {
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  sfdisk: 'fdisk',
  'grub-mkimage': 'grub-common',
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
};

/** The command `vm build`: all variants, or those that are named. @param {string[]} args */
export async function build(args) {
  const { values, positionals } = parseArgs({
    args,
    options: { suite: { type: 'string', default: 'bookworm' } },
    allowPositionals: true,
  });
  const variants = positionals.length > 0 ? positionals : VARIANTS;
  for (const variant of variants) process.stdout.write(`${(await image(values.suite, variant)).directory}\n`);
}

/**
 * The image of a suite and variant, built when its recipe has changed: a disk, the key that logs in, the host's key.
 * @param {string} suite of Debian
 * @param {string} variant
 */
export async function image(suite, variant) {
  if (!VARIANTS.includes(variant)) throw new Refusal(`no variant ${variant}; there are: ${VARIANTS.join(' ')}`, 2);
  if (process.getuid() !== 0) throw new Refusal('needs root: it makes a Debian tree', 2);
  const sources = debianSources(suite);
  const code = ['image.mjs', 'disk.mjs'].map((file) => fs.readFileSync(path.join(import.meta.dirname, file), 'utf8'));
  const target = path.join(CACHE, `${suite}-${variant}-${recipeHash(RECIPE, suite, variant, sources, ...code)}`);
  if (!fs.existsSync(target)) await buildImage(target, suite, variant, sources);
  return describe(target);
}

function describe(directory) {
  const hostKey = fs.readFileSync(path.join(directory, 'host-keys', 'ssh_host_ed25519_key.pub'), 'utf8');
  return {
    directory,
    disk: path.join(directory, 'disk.raw'),
    kernel: path.join(directory, 'vmlinuz'),
    key: path.join(directory, 'id_ed25519'),
    hostKeys: [hostKey.trim().split(' ').slice(0, 2).join(' ')],
  };
}

async function buildImage(target, suite, variant, sources) {
  installNeeded(NEEDED);
  fs.mkdirSync(CACHE, { recursive: true });
  const partial = fs.mkdtempSync(`${target}.`);
  const tree = path.join(partial, 'tree');
  const began = Date.now();
  process.stderr.write(`building ${suite} ${variant} in ${target}; takes some minutes\n`);
  fs.mkdirSync(path.join(partial, 'host-keys'));
  const clientKey = keyPair(path.join(partial, 'id_ed25519'), 'provision-vm');
  keyPair(path.join(partial, 'host-keys', 'ssh_host_ed25519_key'), 'vm');
  const uuid = randomUUID();
  const env = {
    ...process.env,
    VARIANT: variant,
    ROOT_UUID: uuid,
    CLIENT_KEY: clientKey,
    HOST_KEYS: path.join(partial, 'host-keys'),
  };
  try {
    const options = keptAptOptions().map((option) => `--aptopt=${option}`);
    const { $ } = await import('zx');
    await $({ input: sources, quiet: true, env })`mmdebstrap --variant=minbase --skip=cleanup/apt ${options} \
      --include=${PACKAGES} ${`--customize-hook=${path.join(RECIPE, 'customize')}`} ${suite} ${tree} -`;
    writeDisk(path.join(partial, 'disk.raw'), tree, uuid);
    fs.copyFileSync(path.join(tree, 'vmlinuz'), path.join(partial, 'vmlinuz'));
    execFileSync('rm', ['-rf', '--one-file-system', tree]);
    fs.renameSync(partial, target);
  } catch (error) {
    execFileSync('rm', ['-rf', '--one-file-system', partial]);
    // Somebody else may have built the same image in the meantime.
    if (fs.existsSync(target)) return;
    const said = String(error.stderr ?? error).split('\n');
    throw new Refusal(`the image could not be built:\n${said.slice(-25).join('\n')}`);
  }
  process.stderr.write(`built in ${Math.round((Date.now() - began) / 1000)} s\n`);
}
