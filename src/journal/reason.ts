/** What the system said, without the call and the path. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^[A-Z]+: /, '').replace(/, [a-z]+.*$/, '') : String(error);
}
