import { runInit } from '../../../src/cli/init.ts';
import { formatError } from '../../../src/report/error-text.ts';
import { exitCodeForError } from '../../../src/report/exit-code.ts';
import { shippedBaseProfiles } from '../../../src/cli/init/base-profile.ts';

/** `init` as a program of its own, for a real terminal: entry.ts HOME. */
try {
  process.exitCode = await runInit({
    cwd: process.cwd(),
    home: process.argv[2] ?? '',
    tty: process.stdin.isTTY && process.stdout.isTTY,
    stdout: process.stdout,
    color: false,
    profiles: shippedBaseProfiles(),
  });
} catch (error) {
  process.stderr.write(formatError(error, { color: false }));
  process.exitCode = exitCodeForError(error);
}
