import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import { shippedPath, shippedText } from '../../shipped/files.ts';
import { quote } from '../../shell.ts';
import type { Checked } from './finding.ts';
import { isBelow } from './tools.ts';

/** What the checks look at, so that a test can show them another machine. */
export interface Machine {
  readonly home: string;
  /** Where fetched dumps go, and what it was called. */
  readonly dumps: string;
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const GIB = 1024 ** 3;
/** A dump of a 64 GiB guest, filtered, is a few GiB; this leaves room for some. */
const DUMP_SPACE = 10 * GIB;

/** Everything that needs no other program. */
export function checkMachine(machine: Machine): Checked[] {
  return [
    checkNode(machine),
    checkKnownHosts(machine),
    checkKeys(machine),
    checkSpace(machine),
    checkShipped(),
    checkBundle(),
  ];
}

function checkNode({ node }: Machine): Checked {
  const { engines } = JSON.parse(shippedText('package.json')) as { engines: { node: string } };
  const least = engines.node.replace(/^\D+/, '');
  if (!isBelow(node, least)) return { name: 'node', level: 'ok', found: node };
  return {
    name: 'node',
    level: 'fail',
    found: `${node}, older than ${least}`,
    needed: 'for all of it',
    mend: `install node ${least} or later (https://nodejs.org, or nvm install 22)`,
  };
}

function checkKnownHosts({ home }: Machine): Checked {
  const file = join(home, '.ssh/known_hosts');
  const name = 'known_hosts';
  if (!existsSync(file)) {
    const needed = 'host keys that are not known are refused';
    return { name, level: 'warn', found: `no ${file}`, needed, mend: 'provision facts GUEST --accept-new' };
  }
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const hosts = lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).length;
    accessSync(file, constants.W_OK);
    return { name, level: 'ok', found: `${hosts} ${hosts === 1 ? 'entry' : 'entries'} in ${file}` };
  } catch {
    const found = `${file} cannot be read and written`;
    const needed = 'host keys are looked up there, and written with --accept-new';
    return { name, level: 'fail', found, needed, mend: `chmod u+rw ${quote(file)}` };
  }
}

function checkKeys({ home, env }: Machine): Checked {
  const agent = env['SSH_AUTH_SOCK'] ?? '';
  const folder = join(home, '.ssh');
  const keys = existsSync(folder) ? readdirSync(folder).filter((name) => /^id_[a-z0-9]+$/.test(name)) : [];
  const found = [...(agent === '' ? [] : ['an agent']), ...keys.map((key) => `~/.ssh/${key}`)];
  if (found.length > 0) return { name: 'ssh keys', level: 'ok', found: found.join(', ') };
  return {
    name: 'ssh keys',
    level: 'warn',
    found: 'no agent, and no key in ~/.ssh',
    needed: 'unless an inventory names keys, or guests take passwords',
    mend: 'ssh-keygen -t ed25519',
  };
}

function checkSpace({ dumps }: Machine): Checked {
  const name = 'disk for dumps';
  const needed = 'for dumps fetch';
  const folder = nearest(dumps);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${(free / GIB).toFixed(1)} GiB free for ${dumps}`;
  if (free >= DUMP_SPACE) return { name, level: 'ok', found };
  return { name, level: 'warn', found, needed, mend: 'provision dumps fetch --to /a/larger/disk' };
}

/** The folder, or the one that it would be made in. */
function nearest(folder: string): string {
  let at = folder;
  while (!existsSync(at)) at = join(at, '..');
  return at;
}

function checkShipped(): Checked {
  try {
    const { distributions, sysctls } = loadKnowledge();
    return { name: 'catalogue', level: 'ok', found: `${distributions.length} systems, ${sysctls.size} settings` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name: 'catalogue', level: 'fail', found, needed: 'for all of it', mend: 'install provision again' };
  }
}

function checkBundle(): Checked {
  if (existsSync(shippedPath('dist/bundle/provision.cjs'))) return { name: 'bundle', level: 'ok', found: 'built' };
  return {
    name: 'bundle',
    level: 'warn',
    found: 'not built',
    needed: 'starts are slower without',
    mend: 'npm run build',
  };
}
