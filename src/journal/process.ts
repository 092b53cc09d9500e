import { readFileSync, readlinkSync } from 'node:fs';

/** When a process began, in clock ticks since the boot: with its number, that is who it is. '' when it is not there. */
export function beganAt(pid: number): string {
  try {
    // The name in brackets may hold anything; field 22 is the twentieth after it (proc_pid_stat(5)).
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? ''
    );
  } catch {
    return '';
  }
}

/** Whether the process that writes a journal is still there; journals of other machines cannot be told from dead ones. */
export function isAlive(process: { readonly pid: number; readonly began: string } | undefined): boolean {
  return process !== undefined && process.began !== '' && beganAt(process.pid) === process.began;
}

/**
 * A process in one word, `BOOT.NAMESPACE.PID.BEGAN`, that no process of another machine, container or boot has. One whose
 * system does not tell these (no /proc) is `-`.
 */
export function processWord(pid = process.pid): string {
  const place = placeOf();
  const began = beganAt(pid);
  return place === '' || began === '' ? '-' : `${place}.${pid}.${began}`;
}

/** Whether a process is known to have ended: it ran here, in this boot, and is not there any more. */
export function isOver(word: string): boolean {
  const [, place = '', pid = '', began = ''] = /^(.+)\.(\d+)\.(\d+)$/.exec(word) ?? [];
  return place !== '' && place === placeOf() && beganAt(Number(pid)) !== began;
}

/** The boot, and the namespace that process numbers count in. */
function placeOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return `${boot}.${namespace}`;
  } catch {
    return '';
  }
}
