import { ProvisionError } from '../../errors.ts';
import { shippedText } from '../../shipped/files.ts';
import type { Run } from '../program.ts';

const SCRIPTS: Readonly<Record<string, string>> = { bash: 'bash.sh', zsh: 'zsh.zsh', fish: 'fish.fish' };

/** `provision completion bash|zsh|fish`: the text that a shell sources. */
export const run: Run = ({ args }) => {
  const [shell = ''] = args;
  const name = SCRIPTS[shell];
  if (name === undefined)
    throw new ProvisionError('E_USAGE', `completion takes bash, zsh or fish, not "${shell}"`, {
      hint: 'for example: source <(provision completion bash)',
    });
  process.stdout.write(shippedText(`templates/completion/${name}`));
  return Promise.resolve(0);
};
