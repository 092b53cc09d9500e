import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bytesField, Fields, packet, PacketSplitter, uint32 } from '../../../src/guest/held/packet.ts';

describe('packets', () => {
  it('come out as they went in, however the stream is cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(5000)), (sent, places) => {
        const stream = Buffer.concat(sent.map((bytes) => packet(bytes)));
        const cuts = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
        const splitter = new PacketSplitter();
        const got = [0, ...cuts].flatMap((from, index) => splitter.push(stream.subarray(from, cuts[index])));
        expect(got.map((bytes) => bytes.toString('hex'))).toEqual(sent.map((bytes) => bytes.toString('hex')));
      }),
    );
  });

  it('of a length that none has are an error at once', () => {
    expect(() => new PacketSplitter().push(Buffer.from('SSH-2.0-x'))).toThrow(RangeError);
  });
});

describe('fields', () => {
  it('are read in their order', () => {
    const fields = new Fields(Buffer.concat([uint32(4_294_967_295), bytesField('exit-status'), Buffer.of(0, 1)]));
    expect([fields.uint32(), fields.text(), fields.flag(), fields.flag()]).toEqual([
      4_294_967_295,
      'exit-status',
      false,
      true,
    ]);
    expect(() => fields.uint32()).toThrow(RangeError);
  });

  it('that are cut off are an error', () => {
    expect(() => new Fields(Buffer.concat([uint32(9), Buffer.from('short')])).bytes()).toThrow(RangeError);
  });
});
