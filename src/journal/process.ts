import { readFileSync } from 'node:fs';

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
