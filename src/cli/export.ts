import { renameSync, writeFileSync } from 'node:fs';
import { ProvisionError } from '../errors.ts';
import { exportCloudInit } from '../export/cloud-init.ts';
import { endState, type EndState } from '../export/end-state.ts';
import { exportPlaybook } from '../export/playbook.ts';
import { exportScript, type ExportTexts } from '../export/script.ts';
import { parseTarget } from '../export/target.ts';
import { makeResolver } from '../profile/resolve.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { loadExportTemplates } from '../shipped/export-texts.ts';
import { loadProfile } from '../shipped/profiles.ts';
import { listFlag, skipFlag, textFlag } from './flags.ts';
import type { Run } from './program.ts';
import { VERSION } from './version.ts';

const FORMATS: Readonly<Record<string, (state: EndState, texts: ExportTexts) => string>> = {
  'cloud-init': exportCloudInit,
  ansible: exportPlaybook,
  sh: exportScript,
};

/** `provision export PROFILE --format FORMAT [--for SYSTEM/ARCH] [--out FILE]`: connects to nothing. */
export const run: Run = ({ args, flags }) => {
  const [profile = ''] = args;
  const known = Object.keys(FORMATS);
  const format = textFlag(flags, 'format') ?? '';
  const write = FORMATS[format];
  if (write === undefined) {
    const got = format === '' ? 'export needs a --format' : `--format takes another word than "${format}"`;
    throw new ProvisionError('E_USAGE', got, { hint: `one of ${known.join(', ')}` });
  }
  const shipped = loadKnowledge();
  const target = parseTarget(textFlag(flags, 'for') ?? 'debian12/amd64', shipped.distributions);
  const resolve = makeResolver(loadProfile(profile), {
    catalogue: shipped.sysctls,
    sets: listFlag(flags, 'set'),
    skip: skipFlag(flags),
  });
  const state = endState(resolve(), target, shipped);
  const text = write(state, { guest: shipped.templates, export: loadExportTemplates(), version: VERSION });
  const out = textFlag(flags, 'out');
  if (out === undefined || out === '-') process.stdout.write(text);
  else writeWhole(out, text, format === 'sh' ? 0o755 : 0o644);
  return Promise.resolve(0);
};

/** Whole or not at all. */
function writeWhole(path: string, text: string, mode: number): void {
  try {
    writeFileSync(`${path}.new`, text, { mode });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    const hint = 'name a file in a folder that you can write';
    throw new ProvisionError('E_LOCAL_FILE', `cannot write ${path}: ${(cause as Error).message}`, { hint, cause });
  }
}
