import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { CACHE } from './vm-state.mjs';

/** What the hypervisor of a nested machine refuses to take is not needed here. */
export const CPU = { kvm: 'host,-arch-capabilities', tcg: 'max' };

const PATIENCE_MS = 10_000;

/**
 * `kvm` where a kernel really starts on it, else `tcg`, which is emulation in software. There are nested hypervisors that
 * let a machine be made and never get it past its firmware, so a kernel is tried, once for each boot of this machine.
 * @param {string} kernel to try
 * @returns {Promise<'kvm' | 'tcg'>}
 */
export async function accelerator(kernel) {
  if (!fs.existsSync('/dev/kvm')) return 'tcg';
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const known = path.join(CACHE, `accelerator-${boot}`);
  if (!fs.existsSync(known)) fs.writeFileSync(known, (await starts(kernel)) ? 'kvm' : 'tcg');
  return fs.readFileSync(known, 'utf8');
}

async function starts(kernel) {
  const trial = [
    ...['-machine', 'pc,accel=kvm', '-cpu', CPU.kvm, '-m', '256', '-display', 'none', '-no-reboot'],
    ...['-kernel', kernel, '-append', 'console=ttyS0 earlyprintk=serial panic=-1', '-serial', 'stdio'],
  ];
  const child = spawn('qemu-system-x86_64', trial, { stdio: ['ignore', 'pipe', 'ignore'], timeout: PATIENCE_MS });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('Linux version')) break;
  }
  child.kill('SIGKILL');
  return said.includes('Linux version');
}
