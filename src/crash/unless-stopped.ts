import { ProvisionError } from '../errors.ts';

/**
 * Waits for something that goes on by itself, until the person wants to stop.
 * @throws ProvisionError E_INTERRUPTED with these words, and whatever the work throws
 */
export function unlessStopped<T>(work: Promise<T>, stopping: AbortSignal, words: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new ProvisionError('E_INTERRUPTED', words));
    };
    if (stopping.aborted) stop();
    stopping.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      stopping.removeEventListener('abort', stop);
    });
  });
}

/** A pause that ends with the person's patience. @throws ProvisionError E_INTERRUPTED */
export function pause(ms: number, stopping: AbortSignal, words: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return unlessStopped(over, stopping, words).finally(() => {
    clearTimeout(timer);
  });
}
