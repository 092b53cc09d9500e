import type { Facts } from '../facts/facts.ts';
import { crashkernelsOf } from './crashkernel-syntax.ts';
import type { Plan, RebootStep } from './plan.ts';

const MIB = 1024 * 1024;

/** The reboot that a plan ends with, if it does. */
export function rebootOf(plan: Plan): RebootStep | undefined {
  return plan.stages.flatMap(({ steps }) => steps).find((step) => step.kind === 'reboot');
}

/** How a boot's command line differs from what the reboot was for; null when it does not. */
export function cmdlineMismatch({ crashkernel }: RebootStep, cmdline: string): string | null {
  if (crashkernel === undefined) return null;
  // The kernel takes the last one.
  const found = crashkernelsOf(cmdline).at(-1) ?? null;
  if (found === crashkernel) return null;
  const wanted = crashkernel === null ? 'no crashkernel=' : `crashkernel=${crashkernel}`;
  return found === null
    ? `its command line has no crashkernel=, where ${wanted} was to be`
    : `its command line has crashkernel=${found}, where ${wanted} was to be`;
}

/** Why a reboot is pending after a reboot: what was asked of that boot, and what it is. */
export function whyStillPending(asked: RebootStep, left: RebootStep, facts: Facts): { text: string; hint: string } {
  const mismatch = cmdlineMismatch(asked, facts.cmdline);
  if (mismatch !== null) return { text: mismatch, hint: OTHER_ENTRY };
  if (asked.crashkernel !== left.crashkernel) {
    const text = `the guest now wants another size than it was rebooted for: ${left.reason}`;
    return { text, hint: 'name the size: --set kdump.crashkernel=..' };
  }
  const size = facts.kexec.crashSize ?? 0;
  const value = `crashkernel=${crashkernelsOf(facts.cmdline).at(-1) ?? ''}`;
  const held = size === 0 ? 'nothing is reserved' : `only ${Math.floor(size / MIB)} MiB are reserved`;
  return {
    text: `${value} is on the command line, and ${held}`,
    hint: '`dmesg | grep -i crash` on the guest says why; take a smaller size, or one whose range its memory is in',
  };
}

/** What to look at when a guest boots with another command line than its boot loader's configuration has. */
export const OTHER_ENTRY =
  'another entry was booted (GRUB_DEFAULT, `grub-editenv list`), or a kexec took the old command line along';
