import type { Guest } from '../inventory/guest.ts';
import type { Access } from './access.ts';
import { targetOf } from './target.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Each line of each section, as soon as it is there. */
  readonly onLine?: (section: string, line: string) => void;
  readonly timeoutMs?: number;
  /**
   * The bytes of `raw` frames, in order, never kept here. While a promise that this answers with is open, the guest is
   * not read from, so what is on its way is bounded; a ProvisionError that it rejects with ends the script.
   */
  readonly onRaw?: (chunk: Buffer) => Promise<void> | undefined;
}

export interface ScriptResult {
  readonly exitCode: number;
  readonly sections: ReadonlyMap<string, Buffer>;
  /** The last 8 KiB of standard error. */
  readonly stderrTail: string;
  /** What the login shell printed before the script began, when it did. */
  readonly preamble?: string;
}

export interface Counters {
  readonly connections: number;
  /** Handshakes that a busy server cut off, and that were tried again. */
  readonly retries: number;
  readonly channels: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** A guest that can be talked to. */
export interface GuestSession {
  readonly guest: Guest;
  /**
   * Runs a script with `sh -s` on one new channel, through sudo if the guest says so. The script finds standard input
   * empty, `section NAME` to name what it prints next, `raw SIZE` to say that exactly so many bytes of any kind come next,
   * and a known environment; it must leave the EXIT trap alone.
   * @throws ProvisionError when the script did not come to its end; a script's own exit code is a result
   */
  runScript(script: string, options?: RunOptions): Promise<ScriptResult>;
  /** Waits for the socket to close; never throws. */
  close(): Promise<void>;
  readonly counters: Counters;
}

/**
 * Opens the way to a guest: one SSH connection, one that the person's ssh holds already, or nothing at all
 * for this machine.
 * @throws ProvisionError that says why the guest cannot be reached
 */
export async function openSession(guest: Guest, access: Access): Promise<GuestSession> {
  if (guest.transport === 'local') {
    const { openLocalSession } = await import('./local.ts');
    return openLocalSession(guest, access);
  }
  if (guest.transport === 'openssh') {
    const { openOpensshSession } = await import('./openssh/session.ts');
    return openOpensshSession(guest, access);
  }
  const target = targetOf(guest, access.config, access.around);
  if (target.controlPaths.length > 0) {
    const { openHeldSession } = await import('./held/session.ts');
    const held = await openHeldSession(guest, target, access);
    if (held !== null) return held;
  }
  const { openSshSession } = await import('./ssh-session.ts');
  return openSshSession(guest, target, access);
}
