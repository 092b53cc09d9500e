/** An expected end of a command: printed as one line, without a stack. */
export class Refusal extends Error {
  /** @param {string} message @param {number} [exitCode] 2 is a mistake in the call, 1 a failure while doing it */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
