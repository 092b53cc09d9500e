import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ProvisionError } from '../../errors.ts';

/** A socket's path holds 104 bytes on some systems, and ssh makes it under this path and a dot with 16 letters. */
const SOCKET_PATH = 104 - 17 - 1;

/** The path is handed to shells and to ssh, which looks for tokens in it. */
const PLAIN = /^[\w./-]+$/;

/** A private folder for one control socket. */
export interface ControlFolder {
  readonly socket: string;
  /** What programs between here and there say on standard error. */
  readonly said: string;
  remove(): Promise<void>;
}

/** @throws ProvisionError E_LOCAL_TOOL where no folder has a path that is short enough */
export async function makeControlFolder(
  env: Readonly<Record<string, string | undefined>>,
  temporary: readonly string[] = [tmpdir(), '/tmp'],
): Promise<ControlFolder> {
  const runtime = env['XDG_RUNTIME_DIR'];
  for (const parent of runtime === undefined ? temporary : [runtime, ...temporary]) {
    if (join(parent, 'provision-XXXXXX/s').length > SOCKET_PATH || !PLAIN.test(parent)) continue;
    const folder = await mkdtemp(join(parent, 'provision-')).catch(() => undefined);
    if (folder === undefined) continue;
    return {
      socket: join(folder, 's'),
      said: join(folder, 'said'),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  throw new ProvisionError('E_LOCAL_TOOL', 'there is no place for the control socket of ssh', {
    hint: 'let $TMPDIR name a folder that can be written and has a short path',
  });
}
