import { homedir } from 'node:os';
import { runInit } from './init.ts';
import { shippedBaseProfiles } from './init/base-profile.ts';
import { wantsColor } from './output.ts';
import type { Run } from './program.ts';

/** `provision init`: the guided start, in the directory where it is called. */
export const run: Run = ({ flags, stopping }) =>
  runInit({
    cwd: process.cwd(),
    home: homedir(),
    tty: process.stdin.isTTY && process.stdout.isTTY,
    stdout: process.stdout,
    color: wantsColor(flags, process.stdout),
    profiles: shippedBaseProfiles(),
    stopping,
  });
