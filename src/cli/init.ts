import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { formatNextSteps, formatPreview } from '../report/init-text.ts';
import type { Output } from '../report/writer.ts';
import type { BaseProfile } from './init/base-profile.ts';
import { inventoryText, profileText } from './init/documents.ts';
import { parseTarget, splitTargets, uniqueGuests, type NewGuest } from './init/new-guest.ts';
import { inquirerPrompt, isLeaving, type Prompt } from './init/prompt.ts';
import { guestQuestion, questions, sshHostsQuestion, type Answers, type Question } from './init/questions.ts';
import { readSurroundings, type Surroundings } from './init/surroundings.ts';
import { writeFileAtomic } from './init/write-file.ts';

interface InitOptions {
  /** Where the files go. */
  readonly cwd: string;
  /** Where .ssh is. */
  readonly home: string;
  /** stdin and stdout are terminals. */
  readonly tty: boolean;
  readonly stdout: Output;
  readonly color: boolean;
  /** Shipped profiles, the most complete first. */
  readonly profiles: readonly BaseProfile[];
  readonly stopping?: AbortSignal;
  readonly prompt?: Prompt;
}

interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly exists: boolean;
  readonly question: 'inventoryExists' | 'profileExists';
}

const INVENTORY = 'inventory.yaml';

/**
 * Asks for guests and for what they shall become, shows the two files, and writes them.
 * @returns the exit code: 0, or 130 when the person left, with nothing written
 * @throws ProvisionError E_USAGE without a terminal
 */
export async function runInit(options: InitOptions): Promise<number> {
  if (!options.tty) {
    throw new ProvisionError('E_USAGE', 'init asks questions, and this is not a terminal', {
      hint: 'run it in a terminal, or write inventory.yaml yourself: docs/inventory.md has one to copy',
    });
  }
  const prompt = options.prompt ?? inquirerPrompt;
  try {
    const surroundings = readSurroundings(options.home);
    const guests = await askGuests(prompt, surroundings);
    const answers = await prompt(questions(surroundings, options.profiles), {});
    const files = filesFor(guests, answers, options);
    options.stdout.write(formatPreview(files, options.color));
    const decisions = await prompt([...files.flatMap(overwriteQuestions), WRITE], {});
    if (options.stopping?.aborted === true) return 130;
    const chosen = files.filter(({ exists, question }) => !exists || decisions[question] === 'overwrite');
    const written = decisions.write === false ? [] : chosen;
    for (const { name, text, exists } of written) await writeFileAtomic(join(options.cwd, name), text, exists);
    options.stdout.write(
      formatNextSteps(
        written.map(({ name }) => name),
        nextSteps(answers, written),
        options.color,
      ),
    );
    return 0;
  } catch (error) {
    if (isLeaving(error)) return 130;
    throw error;
  }
}

async function askGuests(prompt: Prompt, surroundings: Surroundings): Promise<NewGuest[]> {
  const guests: NewGuest[] = [];
  if (surroundings.sshHosts.length > 0) {
    const { sshHosts = [] } = await prompt([sshHostsQuestion(surroundings)], {});
    guests.push(...sshHosts.map((host): NewGuest => ({ name: host, host, fromSshConfig: true })));
  }
  for (;;) {
    const { targets = '' } = await prompt([guestQuestion(guests.length === 0)], {});
    const typed = splitTargets(targets).map(parseTarget);
    if (typed.length === 0) return uniqueGuests(guests);
    guests.push(...typed.filter((guest) => typeof guest !== 'string'));
  }
}

function filesFor(guests: readonly NewGuest[], answers: Partial<Answers>, { cwd, profiles }: InitOptions): NewFile[] {
  const profile = `${answers.name ?? 'my-debug'}.yaml`;
  const texts = [
    { name: INVENTORY, text: inventoryText(guests, answers), question: 'inventoryExists' as const },
    { name: profile, text: profileText(answers, profiles), question: 'profileExists' as const },
  ];
  return texts.map((file) => ({ ...file, exists: existsSync(join(cwd, file.name)) }));
}

function overwriteQuestions({ name, exists, question }: NewFile): Question[] {
  if (!exists) return [];
  return [
    {
      type: 'select',
      name: question,
      message: `${name} exists`,
      default: 'keep',
      choices: [
        { value: 'keep', name: 'keep it' },
        { value: 'overwrite', name: 'overwrite it' },
      ],
    },
  ];
}

const WRITE: Question = {
  type: 'confirm',
  name: 'write',
  message: 'Write?',
  default: true,
  when: ({ inventoryExists, profileExists }) => inventoryExists !== 'keep' || profileExists !== 'keep',
};

function nextSteps({ name }: Partial<Answers>, written: readonly NewFile[]): { command: string; meaning: string }[] {
  if (written.length === 0) return [];
  return [
    { command: `provision facts -i ${INVENTORY}`, meaning: 'what the guests look like now' },
    { command: `provision apply ./${name ?? 'my-debug'}.yaml -i ${INVENTORY} --dry-run`, meaning: 'what would change' },
  ];
}
