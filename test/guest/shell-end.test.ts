import { spawn } from 'node:child_process';

import { expect, it } from 'vitest';

import type { ScriptRun } from '../../src/guest/script-run.ts';
import { ShellEnd } from '../../src/guest/shell-end.ts';

/** Longer than the last output of a shell may take. */
const BUSY_MS = 5500;

it('what a shell printed is read before it is let go, however busy this process was', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    const run = {
      get complete() {
        return order.includes('data');
      },
      held: false,
      closed: () => {
        order.push('closed');
        resolve();
      },
    } as unknown as ScriptRun;
    const child = spawn('echo', ['words']);
    const end = new ShellEnd(run, () => order.push('let go'));
    child.stdout.on('data', () => {
      order.push('data');
      end.heard();
    });
    end.exited({ code: 0 });
    // The time in which two hundred processes are started.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
  });
  expect(order).toEqual(['data', 'let go', 'closed']);
});
