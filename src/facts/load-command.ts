/** What a crash kernel was loaded with. */
export interface LoadCommand {
  /** Words of its command line. */
  readonly words: readonly string[];
  readonly initrd: string | null;
  readonly kernel: string | null;
  /** Everything that kexec was given besides. */
  readonly options: readonly string[];
}

/**
 * Reads the record that kdump-config leaves in $KDUMP_COREDIR/kexec_cmd:
 * `/sbin/kexec -p --command-line="root=... nr_cpus=1" --initrd=/var/lib/kdump/initrd.img /var/lib/kdump/vmlinuz`.
 * @returns null when there is no record, or it is something else
 */
export function parseLoadCommand(text: string | null): LoadCommand | null {
  const line = (text ?? '').trim();
  if (!/^\S*kexec\s/.test(line)) return null;
  const quoted = /--(?:command-line|append)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/.exec(line);
  const rest = (quoted === null ? line : line.replace(quoted[0], '')).split(/\s+/).slice(1);
  const initrd = rest.find((word) => word.startsWith('--initrd='))?.slice('--initrd='.length);
  return {
    words: (quoted?.[1] ?? quoted?.[2] ?? '').split(/\s+/).filter((word) => word !== ''),
    initrd: initrd === undefined || initrd === '' ? null : initrd,
    kernel: rest.findLast((word) => word.startsWith('/')) ?? null,
    options: rest,
  };
}
