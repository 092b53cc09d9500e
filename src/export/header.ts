import type { EndState } from './end-state.ts';
import { exportTemplate, type ExportTemplates } from './templates.ts';

/** Words for the top of an export: what it is, what it cannot do, and what is left out. No line has a newline in it. */
export function headerLines(state: EndState, templates: ExportTemplates, version: string): string[] {
  const { profile, description, distribution, arch } = state;
  return [
    `${profile} on ${distribution.name} (${arch}): ${description}`.replaceAll(/\s+/g, ' '),
    `Exported by provision ${version}. The same end state, without provision.`,
    '',
    ...exportTemplate(templates, 'limits.txt').trimEnd().split('\n'),
    ...leftOut(state),
  ];
}

function leftOut({ leftOut: findings, distribution, profile }: EndState): string[] {
  if (findings.length === 0) return [];
  const lines = findings.map(
    ({ subject, text, hint }) => `- ${subject}: ${text}${hint === undefined ? '' : `; ${hint}`}`,
  );
  return ['', `Left out of ${profile} on ${distribution.name}:`, ...lines.map((line) => line.replaceAll(/\s+/g, ' '))];
}

/** The lines as a comment of a shell or of YAML. */
export function asComment(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '#\n' : `# ${line}\n`)).join('');
}
