import { parseSysctlFile, sameValue, type Assignment } from '../../facts/sysctl-order.ts';
import type { Context } from '../context.ts';
import type { FileStep } from '../plan.ts';
import { planChange } from './file.ts';

/** In front of a line of somebody else's that would beat ours at boot. */
export const ADOPTED = '# commented out by provision: ';

export interface Adoption {
  readonly steps: readonly FileStep[];
  /** The assignments that the steps take out; others belong to packages, or cannot be written back exactly. */
  readonly taken: ReadonlySet<Assignment>;
}

/**
 * Comments out the lines that beat ours, and puts back those that an earlier profile had commented out for settings that
 * this one does not make.
 */
export function planAdoption(context: Context, beating: readonly Assignment[]): Adoption {
  const texts = new Map<string, string[]>();
  for (const path of adoptedFiles(context)) texts.set(path, currentLines(path, context));
  const taken = new Set<Assignment>();
  for (const assignment of beating) {
    const path = realPath(assignment.file, context);
    if (!path.startsWith('/etc/') || typeof context.facts.files[path]?.text !== 'string') continue;
    const lines = texts.get(path) ?? currentLines(path, context);
    lines[assignment.line - 1] = ADOPTED + (lines[assignment.line - 1] ?? '');
    texts.set(path, lines);
    taken.add(assignment);
  }
  const steps = [...texts].flatMap(([path, lines]) => {
    return planChange(path, lines.join('\n'), context.facts, 'beats our fragment at boot') ?? [];
  });
  return { steps, taken };
}

/** Files of others in which lines stay commented out for settings of this profile. */
export function adoptedFiles(context: Context): string[] {
  return Object.keys(context.before.base?.before.files ?? {}).filter((path) => {
    const text = context.facts.files[path]?.text ?? '';
    return text.includes(ADOPTED) && currentLines(path, context).some((line) => line.startsWith(ADOPTED));
  });
}

/** The file's lines, without the mark where the setting is no longer ours. */
function currentLines(path: string, context: Context): string[] {
  const ours = new Map(context.settings.map(({ key, value }) => [key, value]));
  return (context.facts.files[path]?.text ?? '').split('\n').map((line) => {
    if (!line.startsWith(ADOPTED)) return line;
    const original = line.slice(ADOPTED.length);
    const beats = parseSysctlFile(original, path).some(({ key, value }) => {
      const wanted = ours.get(key);
      return wanted !== undefined && !sameValue(value, wanted);
    });
    return beats ? line : original;
  });
}

function realPath(path: string, context: Context): string {
  return isLinkToSysctlConf(path, context) ? '/etc/sysctl.conf' : path;
}

/** The probe follows links: a link whose bytes are those of /etc/sysctl.conf is Debian 12's 99-sysctl.conf. */
export function isLinkToSysctlConf(path: string, context: Context): boolean {
  const file = context.facts.files[path];
  const target = context.facts.files['/etc/sysctl.conf'];
  return file !== undefined && file.link && target !== undefined && target.sha256 === file.sha256;
}
