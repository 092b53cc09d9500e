import { jumpFromText } from '../target.ts';
import { splitWords } from './words.ts';

/** ssh's options that take a value, as far as they stand before a host in a ProxyCommand. */
const VALUED = /^-[bceiIlmopSEFQRLDw]$/;

/** The jump hosts that arguments of ssh name, or `none`; undefined when they say nothing of it. */
export type Jump = { readonly jump: string } | { readonly problem: string } | undefined;

/** Reads `-J HOST`, `-o ProxyJump=HOST` and the usual `-o ProxyCommand="ssh -W %h:%p HOST"`; other arguments are not ours. */
export function jumpOf(args: string): Jump {
  const words = splitWords(args);
  if (!Array.isArray(words)) return { problem: words.problem };
  const texts = words.map(({ text }) => text);
  for (const [index, word] of texts.entries()) {
    const next = texts[index + 1] ?? '';
    if (/^-J/.test(word)) return asJump(word === '-J' ? next : word.slice(2));
    const option = word === '-o' ? next : word.startsWith('-o') ? word.slice(2) : '';
    const [, name = '', value = ''] = /^(\w+)\s*[=\s]\s*(.*)$/s.exec(option) ?? [];
    if (name.toLowerCase() === 'proxyjump') return asJump(value);
    if (name.toLowerCase() === 'proxycommand') return throughCommand(value);
  }
  return undefined;
}

function asJump(text: string): Jump {
  if (text.toLowerCase() === 'none') return { jump: 'none' };
  const bare = text.replaceAll('ssh://', '');
  return jumpFromText(bare) ? { jump: bare } : { problem: `${text} is no jump host` };
}

function throughCommand(command: string): Jump {
  if (command.toLowerCase() === 'none') return { jump: 'none' };
  const unknown = { problem: 'this ProxyCommand cannot be told as a jump host' };
  const words = splitWords(command);
  const [program, ...args] = Array.isArray(words) ? words.map(({ text }) => text) : [];
  if (program === undefined || !/(?:^|\/)ssh$/.test(program)) return unknown;
  let host: string | undefined;
  let user: string | undefined;
  let port: string | undefined;
  let forwards = false;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const [flag, joined] = [word.slice(0, 2), word.slice(2)];
    const value = (): string => (joined === '' ? (args[++at] ?? '') : joined);
    if (!word.startsWith('-')) {
      // What follows the host would be a command on it.
      if (host !== undefined) return unknown;
      host = word;
    } else if (flag === '-W') forwards = /^\[?%h\]?:%p$/.test(value());
    else if (flag === '-l') user = value();
    else if (flag === '-p') port = value();
    else if (flag === '-J') return unknown;
    else if (VALUED.test(flag)) value();
  }
  if (host === undefined || !forwards) return unknown;
  const target = `${user === undefined || host.includes('@') ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
  return jumpFromText(target) ? { jump: target } : unknown;
}
