import { createConnection } from 'node:net';
import { connect } from 'node:tls';

import type { EngineAddress } from './address.ts';

const ANSWER_MS = 2000;
type End = Pick<EngineAddress, 'host' | 'port'>;

/** Whether a Redis answers there without TLS, with a password or without. */
export function speaksRedis({ host, port }: End): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: ANSWER_MS }, () => socket.write('PING\r\n'));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(/^[+-](?:PONG|NOAUTH|ERR|NOPERM|LOADING|DENIED)/.test(data.toString('latin1'))));
    for (const event of ['error', 'close', 'timeout'] as const) socket.once(event, () => end(false));
  });
}

/** Whether TLS is spoken there, whoever it is: nothing is sent but the handshake. */
export function speaksTls({ host, port }: End): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: ANSWER_MS }, () => end(true));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    for (const event of ['error', 'close', 'timeout'] as const) socket.once(event, () => end(false));
  });
}
