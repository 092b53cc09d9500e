/** Messages of SSH's connection protocol (RFC 4254, section 9) that a channel with one command needs. */
export const MESSAGE = {
  open: 90,
  opened: 91,
  refused: 92,
  window: 93,
  data: 94,
  extendedData: 95,
  end: 96,
  close: 97,
  request: 98,
  done: 99,
  failed: 100,
} as const;

/** Of OpenSSH's PROTOCOL.mux: what is said before the connection carries SSH's own messages. */
export const MUX = { hello: 1, version: 4, proxy: 0x1000000f, isProxy: 0x8000000f } as const;

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A length, and the bytes. */
export function bytesField(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** What goes over the socket as one piece. */
export function packet(...fields: readonly Buffer[]): Buffer {
  return bytesField(Buffer.concat(fields));
}

/** A message in a connection that is in proxy mode: no padding, nothing encrypted, the master does that. */
export function message(type: number, ...fields: readonly Buffer[]): Buffer {
  return packet(Buffer.of(0, type), ...fields);
}

/** Longer ones are nobody's: SSH's own limit is 256 KiB. */
const LONGEST = 1024 * 1024;

/** Cuts a stream into packets. @throws RangeError for a length that no packet has */
export class PacketSplitter {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const packets: Buffer[] = [];
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length > LONGEST) throw new RangeError(`a packet of ${length} bytes`);
      if (rest.length < 4 + length) break;
      packets.push(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
    this.#pending = rest;
    return packets;
  }
}

/** Reads one field after the other. @throws RangeError where there is no more */
export class Fields {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  flag(): boolean {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value !== 0;
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#bytes.length) throw new RangeError('a field is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}
