// A type only: the module itself is loaded when there is a question.
import type inquirer from 'inquirer';

import { ProvisionError } from '../errors.ts';
import type { Questions } from '../guest/access.ts';
import { Secret } from '../guest/secret.ts';
import type { Guest } from '../inventory/guest.ts';
import { setScreensAside } from '../report/live/screen.ts';

/** Questions go to stderr, so that stdout stays the result's; they are asked on a terminal only. */
function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** A password, typed unseen. */
function askPassword(message: string): Promise<string> {
  return answered(async (prompt) => {
    const { answer } = await prompt<{ answer: string }>([{ type: 'password', name: 'answer', message }]);
    return answer;
  });
}

/** A yes or no; Enter alone means no. */
function askYes(message: string): Promise<boolean> {
  return answered(async (prompt) => {
    const { answer } = await prompt<{ answer: boolean }>([
      { type: 'confirm', name: 'answer', message, default: false },
    ]);
    return answer;
  });
}

type Prompt = ReturnType<(typeof inquirer)['createPromptModule']>;

async function answered<T>(ask: (prompt: Prompt) => Promise<T>): Promise<T> {
  const { default: prompts } = await import('inquirer');
  const putBack = setScreensAside();
  try {
    return await ask(prompts.createPromptModule({ input: process.stdin, output: process.stderr }));
  } catch (cause) {
    // Ctrl-C at a prompt.
    throw new ProvisionError('E_INTERRUPTED', 'interrupted', { cause });
  } finally {
    putBack();
  }
}

/**
 * A password from the terminal, else from the environment.
 * @throws ProvisionError E_USAGE when there is neither
 */
export async function askSecret(message: string, variable: string): Promise<Secret> {
  const given = process.env[variable];
  if (isInteractive()) return Secret.of(await askPassword(message));
  if (given !== undefined && given !== '') return Secret.of(given);
  throw new ProvisionError('E_USAGE', `there is no terminal to ask for the password`, { hint: `set $${variable}` });
}

/**
 * For what cannot be taken back: the words have to be typed. Elsewhere than on a terminal only the flag says them.
 * @throws ProvisionError E_USAGE without a terminal, E_INTERRUPTED for any other words
 */
export async function confirmByTyping(warning: string, words: string, flag: string): Promise<void> {
  if (!isInteractive()) {
    throw new ProvisionError('E_USAGE', 'this has to be confirmed, and there is no terminal to ask', {
      hint: `say ${flag} if it is meant`,
    });
  }
  process.stderr.write(`${warning}\n`);
  const typed = await answered(async (prompt) => {
    const { answer } = await prompt<{ answer: string }>([
      { type: 'input', name: 'answer', message: `Type "${words}" to go on:` },
    ]);
    return answer.trim();
  });
  if (typed !== words) throw new ProvisionError('E_INTERRUPTED', 'nothing was touched');
}

/** What the guest room may ask while it connects. */
export function connectionQuestions(): Questions {
  if (!isInteractive()) return {};
  return {
    passphrase: async (file) => {
      const text = await askPassword(`Passphrase of ${file}:`);
      return text === '' ? undefined : Secret.of(text);
    },
    hostKeys: async (keys) => {
      const list = keys.map(({ guest, type, fingerprint }) => `  ${guest}  ${type}  ${fingerprint}`).join('\n');
      process.stderr.write(`Host keys that are not known yet:\n${list}\n`);
      const yes = await askYes(`Trust ${count(keys.length, 'key')}?`);
      return yes ? keys : [];
    },
  };
}

/**
 * No GUEST means the whole inventory, which has to be said once more: on a terminal by an answer, elsewhere by --yes.
 * @throws ProvisionError E_USAGE without a terminal, E_INTERRUPTED for a no
 */
export async function confirmWholeInventory(guests: readonly Guest[], command: string): Promise<void> {
  const shown = guests.slice(0, 20).map(({ name }) => name);
  const more = guests.length > shown.length ? ` and ${guests.length - shown.length} more` : '';
  if (!isInteractive()) {
    throw new ProvisionError(
      'E_USAGE',
      `${command} without a guest means all ${guests.length}, and there is no terminal to ask`,
      {
        hint: 'name the guests, or say --yes',
      },
    );
  }
  process.stderr.write(`No guest was named. The whole inventory is:\n  ${shown.join(' ')}${more}\n`);
  const yes = await askYes(`${command} on ${count(guests.length, 'guest')}?`);
  if (!yes) throw new ProvisionError('E_INTERRUPTED', 'nothing was touched');
}

/** Whether a package may be downloaded; without a terminal the answer is no. @param size in words, or nothing */
export async function confirmDownload(name: string, size: string | null): Promise<boolean> {
  if (!isInteractive()) return false;
  return askYes(`Download ${name}${size === null ? '' : ` (${size})`} for its debug symbols?`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
