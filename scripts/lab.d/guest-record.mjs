import { address } from './address-range.mjs';
import { makeOdd } from './odd.mjs';

const PORT = 2222;
/** Where sshd listens when a proxy stands on the public port. */
const HIDDEN_PORT = 2223;

/**
 * A guest as data: what `up` decides once and every later boot reads from guest.json.
 * @param {{ name: string, index: number, range: number, kind: string, odd: string, ready: boolean, grub?: boolean, root: string }} asked
 */
export function newGuest({ name, index, range, kind, odd, ready, grub = false, root }) {
  const guest = {
    name,
    index,
    kind,
    root,
    ready,
    grub,
    host: address(range, index),
    port: PORT,
    sshdPort: PORT,
    user: 'root',
    become: false,
    password: null,
    shell: '/bin/bash',
    odd: [],
    sftp: true,
    readOnlyEtc: false,
    fullDisk: false,
    dpkgLock: null,
    proxy: {},
    sshd: [],
    files: [],
  };
  makeOdd(guest, odd);
  if (Object.keys(guest.proxy).length > 0) guest.sshdPort = HIDDEN_PORT;
  return guest;
}
