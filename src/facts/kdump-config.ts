import type { FileFact } from './facts.ts';

type Files = Readonly<Record<string, FileFact>>;

const KDUMP_CONFIG = '/etc/default/kdump-tools';
const KEXEC_CONFIG = '/etc/default/kexec';

/** What /etc/default/kdump-tools sets a key to; null when it does not, or not to a literal. */
export function kdumpSetting(files: Files, key: string): string | null {
  return shellSetting(files[KDUMP_CONFIG], key);
}

/** Whether dumps leave the guest for NFS, SSH or FTP. */
export function dumpsLeave(files: Files): boolean {
  return ['NFS', 'SSH', 'FTP'].some((key) => (kdumpSetting(files, key) ?? '') !== '');
}

/** Whether kexec-tools turns every reboot into a kexec of the old command line. */
export function rebootsByKexec(files: Files): boolean {
  return shellSetting(files[KEXEC_CONFIG], 'LOAD_KEXEC') === 'true';
}

/** The last assignment counts, in dash as in systemd. What only a shell could expand is not known here. */
function shellSetting(file: FileFact | undefined, key: string): string | null {
  const text = file?.text ?? file?.raw ?? '';
  const found = text.split('\n').findLast((line) => line.startsWith(`${key}=`));
  if (found === undefined) return null;
  const value = found.slice(key.length + 1).trim();
  if (/[$`]/.test(value)) return null;
  return /^(["'])(.*)\1/.exec(value)?.[2] ?? value.replace(/\s.*$/, '');
}
