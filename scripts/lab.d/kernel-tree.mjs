import fs from 'node:fs';
import path from 'node:path';
import { KERNEL_6_1, NOT_IN_6_1 } from './kernel-keys.mjs';

/** Reading these does something, or is a new answer each time. */
const NOT_READ = /^(?:vm\/(?:stat_refresh|compact_memory|drop_caches)|net\/.*\/flush|fs\/binfmt_misc(?:\/.*)?)$/u;

/**
 * Copies the machine's /proc/sys as plain files, made to look like the kernel that the root is for. Guests have it as
 * the lower half of an overlay, so that what they write is theirs and the machine's own keys are out of their reach.
 * @param {string} target
 * @param {{ abi: string, version: string }} kernel
 */
export function writeKernelTree(target, kernel) {
  copy('/proc/sys', target, '');
  const values = { ...KERNEL_6_1, 'kernel/osrelease': kernel.abi, 'kernel/version': kernel.version };
  for (const [key, value] of Object.entries(values)) {
    const file = path.join(target, key);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${value}\n`);
    fs.chmodSync(file, 0o644);
  }
}

function copy(from, to, prefix) {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const key = prefix + entry.name;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (NOT_IN_6_1.test(key)) continue;
    if (entry.isDirectory()) copy(source, target, `${key}/`);
    else {
      fs.writeFileSync(target, NOT_READ.test(key) ? '' : readable(source));
      fs.chmodSync(target, fs.statSync(source).mode & 0o777);
    }
  }
}

/** Keys that only take writes, and some that need hardware, refuse to be read. */
function readable(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
