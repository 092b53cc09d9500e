import { join } from 'node:path';

import { ProvisionError } from '../../errors.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import { command, quote } from '../../shell.ts';
import type { Fetched } from './fetch-dump.ts';
import { sha256Of } from './local-file.ts';

/**
 * Takes a fetched dump off its guest: only a valid one, whose files here are read once more, and which on the guest still
 * holds exactly the files that were fetched.
 * @throws ProvisionError E_DUMP when any of that does not hold; nothing is deleted then
 */
export async function deleteDump(
  conversation: Conversation,
  { folder, manifest }: Fetched,
  template: string,
): Promise<void> {
  const where = { guest: conversation.guest.name };
  const kept = (why: string): ProvisionError =>
    new ProvisionError('E_DUMP', `${manifest.name} was not deleted: ${why}`, {
      hint: 'run the command again, or look at the dump on the guest',
      where,
    });
  if (!manifest.verdict.valid || manifest.vmcore === null) throw kept('it is not a dump that can be read');
  const here = manifest.files.flatMap(({ local, sha256 }) => (local === null ? [] : [{ name: local, sha256 }]));
  for (const { name, sha256 } of [...here, manifest.vmcore])
    if ((await sha256Of(join(folder, name))) !== sha256) throw kept(`${name} here is not what was fetched`);
  const words = manifest.files.flatMap(({ name, sha256 }) => [sha256, name]);
  const script = `DIRECTORY=${quote(manifest.directory)}\n${template}\n${command(['delete_dump', ...words])}`;
  const { sections } = await conversation.runScript(script);
  const said = sections.get('result')?.toString('utf8').trim() ?? '';
  if (said === 'deleted' || said === 'gone') return;
  throw kept(said.replace(/^changed /, '') || 'the guest did not let its files go');
}
