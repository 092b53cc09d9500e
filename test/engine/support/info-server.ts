import { createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A server that gives the same answer to all it hears. For what no real one on this machine would say: that it is an old
 * version, or that it is no Redis at all.
 */
export async function answering(answer: string | null): Promise<{ port: number; stop: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (answer === null) return;
    socket.on('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The answer to INFO. */
export function infoAnswer(lines: readonly string[]): string {
  const text = `# Server\r\n${lines.join('\r\n')}\r\n`;
  return `$${text.length}\r\n${text}\r\n`;
}
