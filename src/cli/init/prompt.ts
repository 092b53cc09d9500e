import type { Answers, Question } from './questions.ts';

/** Asks questions in turn and answers with what was said, added to what is known. */
export type Prompt = (questions: readonly Question[], known: Partial<Answers>) => Promise<Partial<Answers>>;

/** Asks on the terminal. Loaded late: inquirer costs a tenth of a second, which only this command has to pay. */
export const inquirerPrompt: Prompt = async (questions, known) => {
  const { default: inquirer } = await import('inquirer');
  // Our questions are a narrower kind of its own, and the answers are keyed by their names.
  const answers: unknown = await inquirer.prompt(questions as never, { ...known } as never);
  return answers as Partial<Answers>;
};

/** Ctrl-C, or the end of the input, in a question. */
export function isLeaving(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError');
}
