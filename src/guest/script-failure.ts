import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';

/** How a shell's carrier ended: an exit code, a signal, or neither when the connection went away. */
export interface Ending {
  readonly code: number | null;
  readonly signal?: string | undefined;
  /** What took the connection away, where that is known. */
  readonly lost?: string | undefined;
}

/** All that is known about a script that did not come to its end frame. */
interface Unfinished extends Ending {
  /** The script had begun. */
  readonly begun: boolean;
  /** Fewer raw bytes came than were announced. */
  readonly cutShort?: boolean;
  readonly become: boolean;
  readonly stderrTail: string;
  /** What was printed outside of frames. */
  readonly preamble: string;
}

interface Sign {
  readonly code: 'E_SUDO' | 'E_GUEST_SHELL';
  readonly pattern: RegExp;
  readonly message: string;
  readonly hint: string;
}

/** What sudo and login shells say when they do not start ours; sudo is asked with LC_ALL=C only where we can. */
const SIGNS: readonly Sign[] = [
  {
    code: 'E_SUDO',
    pattern: /^sudo: .*(a password is required|a terminal is required|no password was provided)|^sudo: no tty present/m,
    message: 'sudo wants a password',
    hint: 'give it with -K, or allow the user to run sudo without one (NOPASSWD)',
  },
  {
    code: 'E_SUDO',
    pattern: /is not in the sudoers file|is not allowed to (execute|run sudo)|may not run sudo/m,
    message: 'the user may not run sh through sudo',
    hint: 'add the user to the sudoers of the guest, or connect as root (-u root)',
  },
  {
    code: 'E_SUDO',
    pattern: /you must have a tty to run sudo/m,
    message: 'sudo wants a terminal (requiretty)',
    hint: 'take `Defaults requiretty` out of the sudoers of the guest',
  },
  {
    code: 'E_SUDO',
    pattern: /sudo: (command )?not found|sudo: unknown command|unknown command:? .*sudo|sudo: No such file/im,
    message: 'sudo is not installed',
    hint: 'install sudo on the guest, or connect as root (-u root)',
  },
  {
    code: 'E_SUDO',
    pattern: /^sudo: /m,
    message: 'sudo refused',
    hint: 'try `sudo -n sh -c true` on the guest',
  },
  {
    code: 'E_GUEST_SHELL',
    pattern: /account is currently not available|nologin/i,
    message: 'the account has no login shell',
    hint: 'give the user a shell, or connect as another one (-u)',
  },
  {
    code: 'E_GUEST_SHELL',
    pattern: /allows sftp connections only|internal-sftp/i,
    message: 'the account allows SFTP only',
    hint: 'sshd_config forces internal-sftp for this user; connect as another one (-u)',
  },
  {
    code: 'E_GUEST_SHELL',
    pattern: /command not found|: not found|unknown command|no such file or directory|restricted/i,
    message: 'the login shell cannot start sh',
    hint: 'sh must be in the PATH of the login shell',
  },
];

/** The error for a script without its end frame. */
export function scriptFailure(guest: Guest, seen: Unfinished): ProvisionError {
  const where = { guest: guest.name };
  const tail = lastLines(seen.stderrTail);
  const cause = tail === '' ? undefined : new Error(tail);
  if (seen.begun) {
    if (seen.code === null || seen.code > 128 || seen.signal !== undefined)
      return new ProvisionError('E_CONNECTION_LOST', `${lossOf(seen)} before the script ended`, {
        hint: 'run the command again, it converges',
        where,
        cause,
      });
    if (seen.cutShort === true)
      return new ProvisionError('E_PROBE', 'a file became shorter while it was read', {
        hint: 'run the command again',
        where,
        cause,
      });
    return new ProvisionError('E_GUEST_SHELL', `the script ended without its end frame (exit ${seen.code})`, {
      hint: 'this is a defect in the script: it replaced the shell or its EXIT trap',
      where,
      cause,
    });
  }
  const said = `${seen.stderrTail}\n${seen.preamble}`;
  const sign = SIGNS.find(({ code, pattern }) => (seen.become || code !== 'E_SUDO') && pattern.test(said));
  const words = lastLines(said, 1);
  if (sign !== undefined)
    return new ProvisionError(sign.code, words === '' ? sign.message : `${sign.message} (${words})`, {
      hint: sign.hint,
      where,
      cause,
    });
  if (seen.code === null)
    return new ProvisionError('E_CONNECTION_LOST', `${lossOf(seen)} before the script began`, { where, cause });
  return new ProvisionError(
    'E_GUEST_SHELL',
    `the login shell ended without running sh (exit ${seen.code})${words === '' ? '' : `: ${words}`}`,
    { hint: 'a forced command, or a login script that exits, keeps sh from starting', where, cause },
  );
}

function lossOf({ signal, lost }: Ending): string {
  return signal === undefined ? withReason('the connection was lost', lost) : `the shell was killed (${signal})`;
}

export function withReason(message: string, reason: string | undefined): string {
  return reason === undefined ? message : `${message} (${reason})`;
}

function lastLines(text: string, count = 5): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
    .trim();
}
