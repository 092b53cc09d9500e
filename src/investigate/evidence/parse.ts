import { ProvisionError } from '../../errors.ts';
import { linesOf, NamedLines, type Sections } from '../../facts/sections.ts';
import type { EvidenceAnswer, EvidencePiece } from './piece.ts';
import { readAbout } from './read-about.ts';

const IN_MEMORY = '/run/';
const STACKS: readonly string[] = ['stacks.gz', 'stacks'];

interface Files {
  readonly sizes: Map<string, { readonly size: number; readonly mtime: number }>;
  readonly lines: Map<string, string[]>;
}

/**
 * Reads what templates/guest/evidence-list.sh printed.
 * @throws ProvisionError E_PROBE for a user who may not see it: evidence is root's
 */
export function parseEvidence(sections: Sections): EvidenceAnswer {
  const host = new NamedLines(linesOf(sections, 'host'));
  const now = Number(host.get('now'));
  if (!Number.isFinite(now)) throw new ProvisionError('E_PROBE', 'the guest did not tell its time');
  // The effective one.
  if (host.get('uid')?.split(/\s+/)[1] !== '0')
    throw new ProvisionError('E_PROBE', 'only root may see evidence', {
      hint: 'connect as root (-u root), or use sudo (-b)',
    });
  const directories = new Map<string, Files>();
  const filesOf = (path: string): Files => {
    const directory = path.slice(0, path.lastIndexOf('/'));
    const files = directories.get(directory) ?? { sizes: new Map(), lines: new Map() };
    directories.set(directory, files);
    return files;
  };
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  for (const line of linesOf(sections, 'stat')) {
    const match = /^(\d+) (-?\d+) (\/.+)$/.exec(line);
    const path = match?.[3];
    if (path !== undefined)
      filesOf(path).sizes.set(nameOf(path), { size: Number(match?.[1]), mtime: Number(match?.[2]) });
  }
  for (const line of linesOf(sections, 'text')) {
    const match = /^(\/[^:]+):(.*)$/.exec(line);
    const path = match?.[1];
    if (path === undefined) continue;
    const { lines } = filesOf(path);
    lines.set(nameOf(path), [...(lines.get(nameOf(path)) ?? []), match?.[2] ?? '']);
  }
  return {
    now,
    bootId: host.get('boot_id') ?? '',
    watcher: host.get('unit') ?? null,
    pieces: [...directories].map(pieceOf).sort((a, b) => (a.name < b.name ? 1 : -1)),
  };
}

function pieceOf([directory, { sizes, lines }]: [string, Files]): EvidencePiece {
  const name = STACKS.find((each) => sizes.has(each));
  const file = name === undefined ? undefined : sizes.get(name);
  const texts = { about: lines.get('about') ?? [], ended: lines.get('ended') ?? [] };
  return {
    name: directory.slice(directory.lastIndexOf('/') + 1),
    directory,
    place: directory.startsWith(IN_MEMORY) ? 'memory' : 'disk',
    bytes: [...sizes.values()].reduce((sum, { size }) => sum + size, 0),
    stacks: name === undefined || file === undefined ? null : { name, ...file },
    about: readAbout(texts.about, texts.ended),
    texts,
  };
}
