import { readIfThere } from '../files.ts';
import type { Access } from '../access.ts';
import { makeControlFolder, type ControlFolder } from './control-folder.ts';
import { sshFailure, sshSilence } from './failure.ts';
import { runSsh } from './program.ts';
import type { Settings } from './settings.ts';

/** A connection that nobody uses, because whoever opened it was killed, ends by itself. Seconds. */
const IDLE_SECONDS = 600;
const CLOSE_PATIENCE_MS = 3000;
/** ssh is given time to say itself that time is up: its own limit ends before the login. */
const OWN_TIMEOUT_MS = 2000;

/** For the ssh that holds the connection: it asks nothing, forwards nothing and runs nothing of its own. */
const HOLDS = {
  BatchMode: 'yes',
  ControlMaster: 'yes',
  ControlPersist: String(IDLE_SECONDS),
  ClearAllForwardings: 'yes',
  ForwardAgent: 'no',
  ForwardX11: 'no',
  PermitLocalCommand: 'no',
  RemoteCommand: 'none',
  RequestTTY: 'no',
  ServerAliveInterval: '15',
  UpdateHostKeys: 'no',
  LogLevel: 'ERROR',
};

/** A connection that an ssh holds in the background, for other ssh that need no configuration to use it. */
export class Master {
  readonly #access: Access;
  readonly #folder: ControlFolder;
  #gone = false;
  readonly #listeners: (() => void)[] = [];

  private constructor(access: Access, folder: ControlFolder) {
    this.#access = access;
    this.#folder = folder;
  }

  /**
   * Connects and logs in; ssh goes into the background when that is done.
   * @param through a connection to the jump host that leads there
   * @throws ProvisionError, or Busy when the server may only be busy
   */
  static async open(guest: string, host: string, to: Settings, access: Access, through?: Master): Promise<Master> {
    const folder = await makeControlFolder(access.around.env);
    try {
      const options = Object.entries({
        ...HOLDS,
        ControlPath: folder.socket,
        StrictHostKeyChecking: to.strict,
        ConnectTimeout: String(Math.max(1, Math.ceil(to.connectTimeoutMs / 1000))),
        ...proxyOf(to, folder, through),
      }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
      const ended = await runSsh(
        access,
        [...options, ...to.args, '-N', '--', host],
        to.connectTimeoutMs + OWN_TIMEOUT_MS,
      );
      if (ended.exitCode === 0) return new Master(access, folder);
      // With ControlPersist ssh gives a ProxyCommand no standard error, so it has a file.
      const said = `${readIfThere(folder.said) ?? ''}${ended.stderr}`;
      throw ended.exitCode === null ? sshSilence(guest, to, said) : sshFailure(guest, to, said);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  get gone(): boolean {
    return this.#gone;
  }

  onGone(tell: () => void): void {
    this.#listeners.push(tell);
  }

  /** Arguments for an ssh over this connection; where it is gone they make a failure, and not a new connection. */
  get args(): readonly string[] {
    const options = {
      ControlPath: this.#folder.socket,
      ControlMaster: 'no',
      ProxyCommand: 'false',
      BatchMode: 'yes',
      LogLevel: 'ERROR',
    };
    return ['-F', 'none', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  }

  /** Whether the connection is still there. */
  async alive(): Promise<boolean> {
    if (this.#gone) return false;
    const { exitCode } = await runSsh(this.#access, [...this.args, '-O', 'check', '--', 'any'], CLOSE_PATIENCE_MS);
    return exitCode === 0;
  }

  /** Ends the connection. Never fails: it may have ended already. */
  async close(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    for (const tell of this.#listeners) tell();
    await runSsh(this.#access, [...this.args, '-O', 'exit', '--', 'any'], CLOSE_PATIENCE_MS).catch(() => undefined);
    await this.#folder.remove();
  }
}

/** The path of a control folder has no character that a shell or ssh would look at. */
function proxyOf(to: Settings, { said }: ControlFolder, through: Master | undefined): Record<string, string> {
  if (through !== undefined) return { ProxyCommand: `ssh ${through.args.join(' ')} -W '[%h]:%p' -- any 2>>${said}` };
  return to.proxyCommand === undefined ? {} : { ProxyCommand: `${to.proxyCommand} 2>>${said}` };
}
