import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const MIB = 1024 * 1024;
const DISK_MIB = 8192;
const PARTITION_MIB = 1;

/**
 * Makes a disk that a BIOS boots: GRUB in front of one ext4 partition that holds the tree. Neither a loop device nor a
 * mount is needed: mke2fs copies the tree, and GRUB's two first stages lie where they look for each other by default.
 * @param {string} disk the file to make
 * @param {string} tree
 * @param {string} uuid of the file system
 */
export function writeDisk(disk, tree, uuid) {
  const run = (program, args, input) => execFileSync(program, args, { input, stdio: ['pipe', 'ignore', 'inherit'] });
  fs.writeFileSync(disk, '');
  fs.truncateSync(disk, DISK_MIB * MIB);
  run('sfdisk', ['--quiet', disk], `label: dos\nstart=${PARTITION_MIB}MiB, type=83, bootable\n`);
  const offset = `offset=${PARTITION_MIB * MIB}`;
  const size = `${DISK_MIB - PARTITION_MIB}M`;
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', uuid, '-E', `${offset},root_owner=0:0`, '-d', tree, disk, size]);
  writeLoader(disk, path.join(tree, 'usr/lib/grub/i386-pc'));
}

/** boot.img reads its successor from sector 1, and that one the rest from sector 2: the values that both are built with. */
function writeLoader(disk, modules) {
  const core = path.join(path.dirname(disk), 'core.img');
  const prefix = '(hd0,msdos1)/boot/grub';
  execFileSync('grub-mkimage', [
    ...['-O', 'i386-pc', '-d', modules, '-p', prefix, '-o', core],
    ...['biosdisk', 'part_msdos', 'ext2'],
  ]);
  const file = fs.openSync(disk, 'r+');
  // The partition table stands behind byte 440 of the first sector.
  fs.writeSync(file, fs.readFileSync(path.join(modules, 'boot.img')), 0, 440, 0);
  fs.writeSync(file, fs.readFileSync(core), 0, undefined, 512);
  fs.closeSync(file);
  fs.rmSync(core);
}
