import { bytesField, message, MESSAGE, uint32, type Fields } from './packet.ts';

/** Who hears of a command. Nothing is told after `refused` and `closed`. */
export interface CommandEvents {
  /** The server does not let it run. */
  refused(reason: string): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  exited(ending: { readonly code: number | null; readonly signal?: string }): void;
  closed(): void;
}

/** Bytes that the server may send before it has to wait for us. */
const WINDOW = 2 * 1024 * 1024;
const LARGEST = 32 * 1024;
const STDERR = 1;

/** A channel for one command, on a connection that another ssh holds. */
export class HeldChannel {
  /** The server has answered: it lets us in, or why it does not; `null` when the connection went away before. */
  readonly ready: Promise<'open' | { readonly refused: string | null }>;
  readonly #id: number;
  readonly #send: (bytes: Buffer) => void;
  #answered!: (answer: 'open' | { readonly refused: string | null }) => void;
  #events: CommandEvents | undefined;
  #theirs = 0;
  #room = 0;
  #largest = LARGEST;
  #unsent: Buffer[] = [];
  #ends = false;
  #taken = 0;
  #paused = false;
  #arrived: Buffer[] = [];
  #told: (() => void)[] = [];
  #isOpen = false;
  #closing = false;
  #closed = false;
  /** Signs of life that the server has yet to answer. */
  #unanswered = 0;
  #started = false;

  constructor(id: number, send: (bytes: Buffer) => void) {
    this.#id = id;
    this.#send = send;
    this.ready = new Promise((resolve) => {
      this.#answered = resolve;
    });
    send(message(MESSAGE.open, bytesField('session'), uint32(id), uint32(WINDOW), uint32(LARGEST)));
  }

  /** Once it is ready, and once only; what is written then goes with it, in the same packet of the network. */
  exec(command: string, events: CommandEvents): void {
    this.#events = events;
    if (this.#closed) events.closed();
    else this.#request('exec', true, bytesField(command));
  }

  /** Asks the server whether it is there; says how many such questions it has left open. */
  askForLife(): number {
    if (this.#started && !this.#closing) {
      this.#unanswered += 1;
      this.#request('keepalive@openssh.com', true);
    }
    return this.#unanswered;
  }

  write(text: string): void {
    this.#unsent.push(Buffer.from(text));
    this.#flush();
  }

  end(text: string): void {
    this.#ends = true;
    this.write(text);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#release();
  }

  /** Asks for the command's end, and does not wait for it. */
  stop(): void {
    if (this.#isOpen && !this.#closing) this.#request('signal', false, bytesField('TERM'));
    this.close();
  }

  close(): void {
    if (!this.#isOpen || this.#closing) return;
    this.#closing = true;
    this.#send(message(MESSAGE.close, uint32(this.#theirs)));
  }

  /** The connection is gone, or the server has closed the channel. */
  lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#answered({ refused: null });
    this.#events?.closed();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A message to this channel, its number read already. @throws RangeError for one that is cut off */
  receive(type: number, fields: Fields): void {
    if (this.#closed) return;
    switch (type) {
      case MESSAGE.opened:
        this.#theirs = fields.uint32();
        this.#room = fields.uint32();
        this.#largest = Math.min(LARGEST, fields.uint32());
        this.#isOpen = true;
        this.#answered('open');
        return;
      case MESSAGE.refused:
        fields.uint32();
        this.#closed = true;
        this.#answered({ refused: fields.text() });
        return;
      case MESSAGE.done:
      case MESSAGE.failed:
        this.#answer(type === MESSAGE.done);
        return;
      case MESSAGE.window:
        this.#room += fields.uint32();
        this.#flush();
        return;
      case MESSAGE.data:
        this.#arrive(fields.bytes());
        return;
      case MESSAGE.extendedData: {
        const isStderr = fields.uint32() === STDERR;
        const chunk = fields.bytes();
        this.#consumed(chunk.length);
        if (isStderr) this.#events?.stderr(chunk);
        return;
      }
      case MESSAGE.request:
        this.#asked(fields);
        return;
      case MESSAGE.close:
        this.close();
        this.#inOrder(() => this.lost());
        return;
    }
  }

  /** Answers come in the order of the questions: the command is the first. */
  #answer(isYes: boolean): void {
    if (this.#started) this.#unanswered = 0;
    else if (isYes) this.#started = true;
    else {
      this.close();
      this.#closed = true;
      this.#events?.refused('the request was denied');
    }
  }

  #asked(fields: Fields): void {
    const what = fields.text();
    const wantsAnswer = fields.flag();
    if (what === 'exit-status') {
      const code = fields.uint32();
      this.#inOrder(() => this.#events?.exited({ code }));
    } else if (what === 'exit-signal') {
      const signal = `SIG${fields.text()}`;
      this.#inOrder(() => this.#events?.exited({ code: null, signal }));
    } else if (wantsAnswer) this.#send(message(MESSAGE.failed, uint32(this.#theirs)));
  }

  /** After what was printed before it, which may wait here. */
  #inOrder(tell: () => void): void {
    if (this.#paused || this.#arrived.length > 0) this.#told.push(tell);
    else tell();
  }

  #release(): void {
    while (!this.#paused) {
      const chunk = this.#arrived.shift();
      if (chunk === undefined) break;
      this.#take(chunk);
    }
    if (this.#paused) return;
    for (const tell of this.#told.splice(0)) tell();
  }

  #arrive(chunk: Buffer): void {
    if (this.#paused) this.#arrived.push(chunk);
    else this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    this.#events?.stdout(chunk);
    this.#consumed(chunk.length);
  }

  /** The server hears of room once there is a good deal of it. */
  #consumed(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < WINDOW / 2 || this.#closing) return;
    this.#send(message(MESSAGE.window, uint32(this.#theirs), uint32(this.#taken)));
    this.#taken = 0;
  }

  #request(what: string, wantsAnswer: boolean, ...more: readonly Buffer[]): void {
    this.#send(
      message(MESSAGE.request, uint32(this.#theirs), bytesField(what), Buffer.of(wantsAnswer ? 1 : 0), ...more),
    );
  }

  #flush(): void {
    if (!this.#isOpen || this.#closing) return;
    while (this.#room > 0) {
      const next = this.#unsent.shift();
      if (next === undefined) break;
      const part = next.subarray(0, Math.min(this.#room, this.#largest));
      if (part.length < next.length) this.#unsent.unshift(next.subarray(part.length));
      this.#room -= part.length;
      this.#send(message(MESSAGE.data, uint32(this.#theirs), bytesField(part)));
    }
    if (!this.#ends || this.#unsent.length > 0) return;
    this.#ends = false;
    this.#send(message(MESSAGE.end, uint32(this.#theirs)));
  }
}
