import { lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

import { HeldChannel } from './channel.ts';
import { Fields, MUX, packet, PacketSplitter, uint32 } from './packet.ts';

/** A connection that an ssh of this machine holds (ControlPath in ssh_config), shared with it. */
export class HeldConnection {
  readonly #socket: Socket;
  readonly #channels = new Map<number, HeldChannel>();
  #next = 0;
  #gone = false;
  #letGo = false;
  readonly #onLost: (() => void)[] = [];

  private constructor(socket: Socket, splitter: PacketSplitter) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      try {
        for (const each of splitter.push(chunk)) this.#receive(each);
      } catch {
        socket.destroy();
      }
    });
    socket.on('close', () => {
      this.#gone = true;
      for (const channel of this.#channels.values()) channel.lost();
      if (!this.#letGo) for (const tell of this.#onLost) tell();
    });
  }

  /**
   * Asks the ssh behind a control socket to carry what we say.
   * @param path of the socket; one that is another user's is left alone, whoever made it could be anybody
   * @returns why not: nobody is there who can do it, or it does not answer
   */
  static async open(path: string, timeoutMs: number): Promise<HeldConnection | 'nobody' | 'silent'> {
    if (!isOurs(path)) return 'nobody';
    const socket = connect(path);
    socket.on('error', () => undefined);
    const splitter = new PacketSplitter();
    const answer = await agree(socket, splitter, timeoutMs);
    if (answer === 'agreed') return new HeldConnection(socket, splitter);
    socket.destroy();
    return answer;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /** It went away, and not because we let go of it. */
  onLost(tell: () => void): void {
    this.#onLost.push(tell);
  }

  /** Asks for a channel; whether the server gives one is the channel's `ready`. */
  channel(): HeldChannel {
    const id = this.#next++;
    const channel = new HeldChannel(id, (bytes) => this.#send(bytes));
    this.#channels.set(id, channel);
    if (this.#gone) channel.lost();
    return channel;
  }

  /** Lets go of it; the ssh that holds it, and what others do over it, go on. */
  async close(): Promise<void> {
    this.#letGo = true;
    if (this.#gone) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroy();
    await closed;
  }

  /** What is said in one go is one write. */
  #send(bytes: Buffer): void {
    if (this.#gone) return;
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  #receive(bytes: Buffer): void {
    const type = bytes.readUInt8(1);
    const fields = new Fields(bytes, 2);
    const id = fields.uint32();
    const channel = this.#channels.get(id);
    channel?.receive(type, fields);
    if (channel?.closed === true) this.#channels.delete(id);
  }
}

/** Both sides say their version, then we ask for the proxy mode, in which SSH's own messages go over the socket. */
function agree(socket: Socket, splitter: PacketSplitter, timeoutMs: number): Promise<'agreed' | 'nobody' | 'silent'> {
  return new Promise((resolve) => {
    const answers: number[] = [];
    const settle = (answer: 'agreed' | 'nobody' | 'silent'): void => {
      clearTimeout(timer);
      socket.off('data', read).off('close', nobody);
      resolve(answer);
    };
    const nobody = (): void => settle('nobody');
    const read = (chunk: Buffer): void => {
      try {
        for (const each of splitter.push(chunk)) answers.push(new Fields(each).uint32());
      } catch {
        nobody();
      }
      if (answers.length >= 2) settle(answers[0] === MUX.hello && answers[1] === MUX.isProxy ? 'agreed' : 'nobody');
    };
    const timer = setTimeout(() => settle('silent'), timeoutMs);
    socket.on('data', read).once('close', nobody);
    socket.write(Buffer.concat([packet(uint32(MUX.hello), uint32(MUX.version)), packet(uint32(MUX.proxy), uint32(0))]));
  });
}

function isOurs(path: string): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isSocket() && stat.uid === process.getuid?.();
  } catch {
    return false;
  }
}
