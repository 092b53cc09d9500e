import { spawn, type ChildProcess } from 'node:child_process';

import type { Ran } from './lab.ts';

const DEADLINE_MS = 120_000;

/** A program that runs while a test goes on. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has written so far, stdout and stderr as they came. */
  readonly output: () => string;
  /** Resolves once it has written that; fails when it ends without, or takes too long. */
  readonly said: (words: string | RegExp) => Promise<void>;
  /** How it ended; -1 for a signal. */
  readonly ended: Promise<Ran>;
}

/** Starts a program with nothing on its stdin. Whoever starts one sees it end. */
export function begin(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { stdout: '', stderr: '', output: '' };
  let isOver = false;
  const waiting = new Set<() => void>();
  const heard = (): void => {
    for (const look of waiting) look();
  };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      told[name] += text;
      told.output += text;
      heard();
    });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      isOver = true;
      heard();
      resolve({ code: code ?? -1, stdout: told.stdout, stderr: told.stderr });
    });
  });
  const said = (words: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        waiting.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const never = (why: string): void => settle(new Error(`never said ${String(words)}: ${why}\n${told.output}`));
      const look = (): void => {
        if (typeof words === 'string' ? told.output.includes(words) : words.test(told.output)) settle();
        else if (isOver) never('it has ended');
      };
      const timer = setTimeout(() => never('it took too long'), DEADLINE_MS);
      waiting.add(look);
      look();
    });
  return { child, output: () => told.output, said, ended };
}
