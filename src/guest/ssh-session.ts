import type { Client, ClientChannel } from 'ssh2';

import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import type { Access } from './access.ts';
import { reach } from './connect.ts';
import type { Wire } from './dial.ts';
import { ProxyCommandEnded } from './proxy-command.ts';
import { withReason } from './script-failure.ts';
import { ScriptRun } from './script-run.ts';
import type { Counters, GuestSession, RunOptions, ScriptResult } from './session.ts';
import { JumpHostFailed } from './shared-hosts.ts';
import { ShellEnd } from './shell-end.ts';
import type { Connection, Traffic } from './ssh-connect.ts';
import { needsSudo } from './sudo.ts';
import type { Target } from './target.ts';
import { JumpHostLost } from './tunnel.ts';

/** A closed session's socket is given this long to say goodbye. */
const CLOSE_PATIENCE_MS = 3000;

/** @throws ProvisionError that says why the guest cannot be reached */
export async function openSshSession(guest: Guest, target: Target, access: Access): Promise<GuestSession> {
  const traffic = { connections: 0, retries: 0 };
  try {
    return new SshSession(guest, access, await reach(target, access, traffic), traffic, target.user);
  } catch (error) {
    throw error instanceof JumpHostFailed ? error.for(guest.name) : error;
  }
}

class SshSession implements GuestSession {
  readonly guest: Guest;
  readonly #access: Access;
  readonly #client: Client;
  readonly #wire: Wire;
  readonly #traffic: Traffic;
  readonly #become: boolean;
  readonly #closed: Promise<void>;
  readonly #runs = new Set<ScriptRun>();
  #channels = 0;
  #lost: Error | undefined;

  constructor(guest: Guest, access: Access, { client, wire }: Connection, traffic: Traffic, user: string) {
    this.guest = guest;
    this.#access = access;
    this.#client = client;
    this.#wire = wire;
    this.#traffic = traffic;
    this.#become = needsSudo(guest, user);
    client.on('error', (error) => {
      this.#lost ??= error;
    });
    this.#closed = new Promise((resolve) => {
      client.on('close', () => {
        for (const run of this.#runs) run.closed({ code: null, lost: this.#lossReason() });
        resolve();
      });
    });
  }

  get counters(): Counters {
    const { bytesRead, bytesWritten } = this.#wire;
    return {
      connections: this.#traffic.connections,
      retries: this.#traffic.retries,
      channels: this.#channels,
      bytesSent: bytesWritten,
      bytesReceived: bytesRead,
    };
  }

  async runScript(script: string, options: RunOptions = {}): Promise<ScriptResult> {
    const run = new ScriptRun(this.guest, this.#become, this.#access.become, script, options);
    this.#runs.add(run);
    try {
      this.#start(run);
      return await run.result;
    } finally {
      this.#runs.delete(run);
    }
  }

  async close(): Promise<void> {
    if (this.#wire.destroyed) return;
    const timer = setTimeout(() => this.#wire.destroy(), CLOSE_PATIENCE_MS);
    this.#client.end();
    await this.#closed;
    clearTimeout(timer);
  }

  #start(run: ScriptRun): void {
    try {
      this.#client.exec(run.commandLine, (error, channel) => {
        if (error) {
          run.fail(this.#noChannel(error));
          return;
        }
        this.#channels += 1;
        listen(channel, run);
      });
    } catch (error) {
      run.fail(this.#noChannel(error as Error));
    }
  }

  /** What stands between here and there, if that is what was lost. */
  #lossReason(): string | undefined {
    const lost = this.#lost;
    return lost instanceof JumpHostLost || lost instanceof ProxyCommandEnded ? lost.message : undefined;
  }

  #noChannel(error: Error): ProvisionError {
    const where = { guest: this.guest.name };
    if (this.#wire.destroyed || this.#lost || /not connected|no response/i.test(error.message))
      return new ProvisionError('E_CONNECTION_LOST', withReason('the connection was lost', this.#lossReason()), {
        where,
        cause: this.#lost ?? error,
      });
    return new ProvisionError('E_GUEST_SHELL', `the guest does not let a command run: ${error.message}`, {
      hint: 'sshd may allow no sessions for this user (MaxSessions, ForceCommand, PermitTTY)',
      where,
      cause: error,
    });
  }
}

function listen(channel: ClientChannel, run: ScriptRun): void {
  const end = new ShellEnd(run, () => {
    channel.close();
  });
  channel.on('data', (chunk: Buffer) => {
    run.stdout(chunk);
    end.heard();
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    run.stderr(chunk);
  });
  channel.on('exit', (code: number | null, signal?: string) => {
    end.exited({ code, signal });
  });
  channel.on('close', () => {
    end.closed();
  });
  // The peer may close its end while we still write.
  channel.on('error', () => undefined);
  run.attach({
    write: (text) => {
      channel.write(text);
    },
    end: (text) => {
      channel.end(text);
    },
    // The channel's window is not opened further while it is paused, so the guest stops sending.
    pause: () => {
      channel.pause();
    },
    resume: () => {
      channel.resume();
    },
    stop: () => {
      channel.signal('TERM');
      channel.close();
    },
  });
}
