import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { LAB } from './lab-state.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

const CLAIMS = '/run/provision-lab';
/** Each lab has 4096 loopback addresses; there are 190 * 16 such ranges in 127.64.0.0 to 127.253.255.255. */
const SIZE = 4096;
const RANGES = 190 * 16;

const claimFile = (range) => path.join(CLAIMS, String(range));

function owner(range) {
  try {
    return fs.readFileSync(claimFile(range), 'utf8');
  } catch {
    return null;
  }
}

/** Takes the range that the lab's path hashes to, or the next one when another lab that still exists has it. */
export function claimRange() {
  fs.mkdirSync(CLAIMS, { recursive: true });
  const wanted = createHash('sha256').update(LAB).digest().readUInt32BE(0) % RANGES;
  for (let step = 0; step < RANGES; step += 1) {
    const range = (wanted + step) % RANGES;
    try {
      fs.writeFileSync(claimFile(range), LAB, { flag: 'wx' });
      return range;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const other = owner(range);
    if (other === LAB) return range;
    if (other !== null && !fs.existsSync(path.join(other, 'guests'))) {
      fs.writeFileSync(claimFile(range), LAB);
      return range;
    }
  }
  throw new Refusal('all loopback ranges are taken');
}

/** Gives the range back, for the next lab. */
export function releaseRange() {
  for (const name of fs.existsSync(CLAIMS) ? fs.readdirSync(CLAIMS) : []) {
    if (owner(name) === LAB) fs.rmSync(claimFile(name), { force: true });
  }
}

/** The address of the guest with this index. @param {number} range @param {number} index from 0 */
export function address(range, index) {
  if (index >= SIZE - 2) throw new Refusal(`a lab holds ${SIZE - 2} guests`);
  const offset = (range % 16) * SIZE + index + 1;
  return `127.${64 + Math.floor(range / 16)}.${offset >> 8}.${offset & 255}`;
}
