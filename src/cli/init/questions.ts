import { PROFILE_NAME } from '../../profile/schema.ts';
import { durationSeconds } from '../../profile/duration.ts';
import { compose, type BaseProfile } from './base-profile.ts';
import { parseTarget, splitTargets } from './new-guest.ts';
import type { Surroundings } from './surroundings.ts';

export interface Choice {
  readonly value: string;
  readonly name: string;
  /** What the answered question shows; absent: the name. */
  readonly short?: string;
  readonly description?: string;
  readonly checked?: boolean;
}

/** One question as data; whoever asks it gives it the answers so far. */
export interface Question {
  readonly type: 'input' | 'confirm' | 'select' | 'checkbox';
  readonly name: keyof Answers;
  readonly message: string | ((answers: Partial<Answers>) => string);
  readonly default?: string | boolean | ((answers: Partial<Answers>) => string | boolean | undefined);
  readonly choices?: readonly Choice[] | ((answers: Partial<Answers>) => readonly Choice[]);
  readonly validate?: (value: string) => true | string;
  /** For a checkbox: nothing is no answer. */
  readonly required?: boolean;
  readonly when?: (answers: Partial<Answers>) => boolean;
}

export interface Answers {
  readonly sshHosts: readonly string[];
  readonly user: string;
  readonly become: boolean;
  /** '' leaves it to the agent and ssh's own defaults. */
  readonly key: string;
  readonly otherKey: string;
  readonly start: string;
  readonly parts: readonly string[];
  readonly timeout: string;
  readonly panicOn: readonly string[];
  readonly symbols: string;
  readonly name: string;
  readonly targets: string;
  readonly inventoryExists: 'keep' | 'overwrite';
  readonly profileExists: 'keep' | 'overwrite';
  readonly write: boolean;
}

/** The answer of `start` that asks for parts. */
const COMPOSE = 'compose';
const OTHER_KEY = 'other';

/** What can panic a guest, and what that costs, in the order of how often people want it. */
export const PANIC_DANGERS: Readonly<Record<string, string>> = {
  oops: 'any kernel bug reboots the guest instead of killing one process',
  softlockup: 'a CPU that is busy in the kernel for 20 s; long host pauses look the same',
  oom: 'running out of memory reboots the guest instead of killing one process',
  warn: 'any WARN panics, also harmless ones of a driver',
  hardlockup: 'needs a hardware watchdog, which most KVM guests lack',
  rcu_stall: 'long host pauses look the same',
};

export const SYMBOL_PLACES: Readonly<Record<string, string>> = {
  controller: 'fetched to this machine when a dump is read',
  guest: 'installed on every guest, several GB each',
  none: 'dumps are read elsewhere',
};

export function guestQuestion(first: boolean): Question {
  return {
    type: 'input',
    name: 'targets',
    message: first ? 'Guest, [user@]host[:port]' : 'Another guest (empty: no more)',
    validate: (text) => {
      const targets = splitTargets(text);
      if (targets.length === 0 && first) return 'at least one guest is needed';
      return targets.map(parseTarget).find((parsed) => typeof parsed === 'string') ?? true;
    },
  };
}

export function sshHostsQuestion({ sshHosts }: Surroundings): Question {
  return {
    type: 'checkbox',
    name: 'sshHosts',
    message: 'Guests that ~/.ssh/config knows',
    choices: sshHosts.map((host) => ({ value: host, name: host })),
  };
}

/** How the guests are reached, and what they shall become. */
export function questions({ keys }: Surroundings, profiles: readonly BaseProfile[]): Question[] {
  const base = (answers: Partial<Answers>): BaseProfile => chosenBase(answers, profiles);
  return [
    {
      type: 'input',
      name: 'user',
      message: 'SSH user',
      default: 'root',
      validate: (text) => /^[^\s@:/]+$/.test(text) || 'one word',
    },
    {
      type: 'confirm',
      name: 'become',
      message: 'Become root with sudo?',
      default: true,
      when: ({ user }) => user !== 'root',
    },
    {
      type: 'select',
      name: 'key',
      message: 'SSH key',
      choices: [
        { value: '', name: "agent and ssh's own defaults" },
        ...keys.map((key) => ({ value: key, name: key })),
        { value: OTHER_KEY, name: 'another file' },
      ],
    },
    {
      type: 'input',
      name: 'otherKey',
      message: 'Key file',
      when: ({ key }) => key === OTHER_KEY,
      validate: (text) => text.trim() !== '' || 'a file name',
    },
    {
      type: 'select',
      name: 'start',
      message: 'Start from',
      choices: [
        ...profiles.map(({ name, description }) => ({ value: name, name, description })),
        { value: COMPOSE, name: 'parts of my choice', description: 'Put several of these together' },
      ],
    },
    {
      type: 'checkbox',
      name: 'parts',
      message: 'Parts',
      when: ({ start }) => start === COMPOSE,
      required: true,
      choices: profiles.map(({ name, description }) => ({ value: name, name: `${name}: ${description}`, short: name })),
    },
    {
      type: 'input',
      name: 'timeout',
      message: 'A task in D state counts as hung after',
      default: (answers) => base(answers).hungTaskTimeout,
      when: (answers) => base(answers).hungTaskTimeout !== undefined,
      validate: (text) => (durationSeconds(text) ?? 0) > 0 || 'a duration such as 60s or 2m',
    },
    {
      type: 'checkbox',
      name: 'panicOn',
      message: 'Panic, and so dump, on',
      when: (answers) => base(answers).panicOn !== undefined,
      choices: (answers) => panicChoices(base(answers).panicOn ?? []),
    },
    {
      type: 'select',
      name: 'symbols',
      message: 'Debug symbols of the kernel',
      when: (answers) => base(answers).symbols !== undefined,
      default: (answers) => base(answers).symbols,
      choices: Object.entries(SYMBOL_PLACES).map(([value, text]) => ({
        value,
        name: `${value}: ${text}`,
        short: value,
      })),
    },
    {
      type: 'input',
      name: 'name',
      message: 'Name of your profile',
      default: ({ start }) => `my-${start === COMPOSE || start === undefined ? 'debug' : start}`,
      validate: (text) => {
        if (profiles.some(({ name }) => name === text)) return `${text} is the name of a shipped profile`;
        return PROFILE_NAME.test(text) || 'small letters, digits and inner dashes';
      },
    },
  ];
}

/** What the new profile builds on. */
export function chosenBase(answers: Partial<Answers>, profiles: readonly BaseProfile[]): BaseProfile {
  return compose(profiles.filter(({ name }) => chosenNames(answers).includes(name)));
}

export function chosenNames({ start, parts }: Partial<Answers>): readonly string[] {
  return start === COMPOSE ? (parts ?? []) : start === undefined ? [] : [start];
}

function panicChoices(on: readonly string[]): Choice[] {
  const names = [...new Set([...Object.keys(PANIC_DANGERS), ...on])];
  return names.map((value) => {
    const danger = PANIC_DANGERS[value];
    return {
      value,
      name: danger === undefined ? value : `${value}: ${danger}`,
      short: value,
      checked: on.includes(value),
    };
  });
}
