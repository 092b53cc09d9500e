import type { Distribution } from '../../../facts/distribution.ts';

/** A vmlinux with debug symbols that fits a dump. */
export interface Symbols {
  readonly vmlinux: string;
  /** Debug files of modules; drgn takes what is loaded in the dump. */
  readonly modules: readonly string[];
  readonly from: 'given' | 'cache' | 'this machine' | 'downloaded';
  /** False for kernels before 5.9, whose dumps give no build-id to compare. */
  readonly proven: boolean;
}

/** Which files a debug package is needed for: catalogue/crash/debug-files.yaml, `{kernel}` is `uname -r`. */
export interface DebugFiles {
  readonly vmlinux: string;
  readonly modules: readonly string[];
}

/** Where symbols may come from. */
export interface SymbolWishes {
  /** A vmlinux, or a folder to look through. */
  readonly given: string | null;
  readonly distributions: readonly Distribution[];
  readonly files: DebugFiles;
  /** Whether a package of this many bytes may be downloaded. Asked only when nothing is here. */
  mayDownload(packageName: string, bytes: number | null): Promise<boolean>;
}

/** There are none, and why, and what to do. */
export interface NoSymbols {
  readonly reason: string;
  readonly remedy: string;
}
