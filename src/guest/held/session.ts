import { setTimeout as wait } from 'node:timers/promises';

import { ProvisionError } from '../../errors.ts';
import type { Guest } from '../../inventory/guest.ts';
import type { Access } from '../access.ts';
import { ScriptRun } from '../script-run.ts';
import type { Counters, GuestSession, RunOptions, ScriptResult } from '../session.ts';
import { ShellEnd } from '../shell-end.ts';
import { needsSudo } from '../sudo.ts';
import type { Target } from '../target.ts';
import type { HeldChannel } from './channel.ts';
import { HeldConnection } from './connection.ts';

/** A guest that says nothing is asked whether it is there; one that has not answered so often is gone. */
const ALIVE_MS = 15_000;
const ALIVE_COUNT = 3;

/**
 * A guest over a connection that the person's own ssh holds already (ControlPath in ssh_config): no handshake, and whatever
 * it took to log in, a security key or a second factor, was done there.
 * @returns null when nobody holds one, or it leads nowhere any more: then the guest is to be reached anew
 */
export async function openHeldSession(guest: Guest, target: Target, access: Access): Promise<GuestSession | null> {
  for (const path of target.controlPaths) {
    if (access.deadControlPaths.has(path)) continue;
    const connection = await HeldConnection.open(path, target.connectTimeoutMs);
    if (connection === 'silent') access.deadControlPaths.add(path);
    if (typeof connection === 'string') continue;
    const channel = connection.channel();
    const answer = await Promise.race([channel.ready, wait(target.connectTimeoutMs, null, { ref: false })]);
    if (answer === 'open') {
      connection.onLost(() => access.deadControlPaths.add(path));
      return new HeldSession(guest, access, target, connection, channel);
    }
    // The guest behind it may have been reset, and its ssh not know yet; or it takes no more channels.
    if (answer === null) access.deadControlPaths.add(path);
    await connection.close();
  }
  return null;
}

class HeldSession implements GuestSession {
  readonly guest: Guest;
  readonly #access: Access;
  readonly #connection: HeldConnection;
  readonly #become: boolean;
  #first: HeldChannel | undefined;
  #channels = 0;

  constructor(guest: Guest, access: Access, { user }: Target, connection: HeldConnection, first: HeldChannel) {
    this.guest = guest;
    this.#access = access;
    this.#connection = connection;
    this.#become = needsSudo(guest, user);
    this.#first = first;
  }

  get counters(): Counters {
    const { bytesRead, bytesWritten } = this.#connection;
    return { connections: 0, retries: 0, channels: this.#channels, bytesSent: bytesWritten, bytesReceived: bytesRead };
  }

  async runScript(script: string, options: RunOptions = {}): Promise<ScriptResult> {
    const run = new ScriptRun(this.guest, this.#become, this.#access.become, script, options);
    const channel = this.#first ?? this.#connection.channel();
    this.#first = undefined;
    void channel.ready.then((answer) => {
      if (answer === 'open') this.#listen(channel, run);
      else run.fail(this.#refused(answer.refused));
    });
    const beating = setInterval(() => {
      if (channel.askForLife() > ALIVE_COUNT) void this.#connection.close();
    }, ALIVE_MS);
    try {
      return await run.result;
    } finally {
      clearInterval(beating);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #listen(channel: HeldChannel, run: ScriptRun): void {
    this.#channels += 1;
    const end = new ShellEnd(run, () => channel.close());
    channel.exec(run.commandLine, {
      refused: (reason) => run.fail(this.#refused(reason)),
      stdout: (chunk) => {
        run.stdout(chunk);
        end.heard();
      },
      stderr: (chunk) => run.stderr(chunk),
      exited: (ending) => end.exited(ending),
      closed: () => end.closed(),
    });
    run.attach({
      write: (text) => channel.write(text),
      end: (text) => channel.end(text),
      pause: () => channel.pause(),
      resume: () => channel.resume(),
      stop: () => channel.stop(),
    });
  }

  #refused(reason: string | null): ProvisionError {
    const where = { guest: this.guest.name };
    if (reason === null) return new ProvisionError('E_CONNECTION_LOST', 'the connection was lost', { where });
    return new ProvisionError('E_GUEST_SHELL', `the guest does not let a command run: ${reason}`, {
      hint: 'the connection that ssh holds may be full (MaxSessions), or its user may not run commands (ForceCommand)',
      where,
    });
  }
}
