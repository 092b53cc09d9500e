import type { Reporter, TestCase } from 'vitest/node';

/**
 * Names the cases that only passed when they were run once more. In the lab, in a browser and on virtual machines the
 * machine itself can be the reason; it can also be a race of ours, so none of them passes in silence.
 */
export default class SecondTry implements Reporter {
  readonly #cases: TestCase[] = [];

  onTestCaseResult(tried: TestCase): void {
    if (tried.diagnostic()?.flaky === true) this.#cases.push(tried);
  }

  onTestRunEnd(): void {
    for (const tried of this.#cases) {
      const { state, errors } = tried.result();
      const reasons = (errors ?? []).map(({ message }) => `  ${message.split('\n', 1)[0] ?? ''}\n`);
      process.stdout.write(
        `${state} on the second try: ${tried.module.relativeModuleId} > ${tried.fullName}\n${reasons.join('')}`,
      );
    }
  }
}
