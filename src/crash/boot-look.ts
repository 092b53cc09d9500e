import { linesOf, NamedLines, type Sections } from '../facts/sections.ts';
import { quote } from '../shell.ts';
import type { BootLook } from './boot-proof.ts';

/** Seconds that one look waits on the guest for the end of its boot. */
const SETTLE_S = 30;
/** Between the two looks: a guest that is about to go down again has done so by then. */
const STABLE_S = 3;
/** All of it, with room for a guest that has just booted. */
export const LOOK_MS = (SETTLE_S + STABLE_S + 30) * 1000;

/**
 * The script of a look; it says little of the old boot and of a capture kernel, which are only waited for.
 * @param givenUp a file on the guest in which the one who was to end the old boot says that it did not
 */
export function lookScript(template: string, oldBootId: string, givenUp = ''): string {
  return `OLD_BOOT_ID=${quote(oldBootId)}\nGIVEN_UP=${quote(givenUp)}\nSETTLE=${SETTLE_S}\nSTABLE=${STABLE_S}\n${template}`;
}

/** Reads what the script of a look said. */
export function parseLook(sections: Sections): BootLook {
  const first = new NamedLines(linesOf(sections, 'boot'));
  const again = new NamedLines(linesOf(sections, 'again'));
  return {
    bootId: first.get('boot_id') ?? '',
    machineId: first.get('machine_id') ?? '',
    cmdline: again.get('cmdline') ?? first.get('cmdline') ?? '',
    uptimeSeconds: Number((again.get('uptime') ?? first.get('uptime') ?? '').split(' ')[0] ?? NaN),
    captureKernel: first.has('capture_kernel'),
    bootIdAgain: again.get('boot_id') ?? null,
    system: again.get('system') ?? null,
    stopping: first.all('stopping'),
    givenUp: first.get('given_up') ?? null,
  };
}
