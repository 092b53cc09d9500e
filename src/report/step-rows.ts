import type { FileStep, Risk, Step, StepKind, SysctlStep } from '../plan/plan.ts';
import { cell, content, type Look } from './cells.ts';
import { cmdlineLines } from './cmdline-diff.ts';
import { formatFileDiff } from './file-diff.ts';
import { packageRow } from './package-row.ts';
import type { Row } from './rows.ts';

type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;
type RowMaker<K extends StepKind> = (step: StepOf<K>, look: Look) => Row;

/** One printer for each kind of step: a kind without one does not compile. */
const ROWS: { readonly [K in StepKind]: RowMaker<K> } = {
  file: (step) => ({
    sign: step.before === null ? '+' : step.after === null ? '-' : '~',
    kind: 'file',
    subject: [step.path],
    notes: fileNotes(step),
    body: formatFileDiff(step),
  }),
  keys: (step) => ({
    sign: '~',
    kind: 'keys',
    subject: [step.path],
    notes: ['only these keys, once its package has brought the file'],
    body: step.keys.map(({ key, value }) => [cell('       '), content(`+${key}=${value}`, 'add')]),
  }),
  package: packageRow,
  sysctl: (step) => ({
    sign: '~',
    kind: 'sysctl',
    subject: [step.key],
    change: { before: step.before ?? 'none', after: step.after },
    notes: bootNotes(step),
    body: [],
  }),
  armed: (step) => ({
    sign: '~',
    kind: 'sysctl',
    subject: [step.key],
    change: { before: step.before ?? 'none', after: step.after },
    notes: ['armed'],
    body: [],
  }),
  unit: (step) => ({
    sign: '~',
    kind: 'unit',
    subject: [step.unit],
    change: { before: step.before, after: step.after },
    notes: [[...(step.initrdFor === undefined ? [] : ['build its initrd']), ...step.actions].join(', ')],
    body: [],
  }),
  cmdline: (step) => ({
    sign: '~',
    kind: 'cmdline',
    subject: ['next boot'],
    notes: step.sum === undefined ? [] : [`(${step.sum})`],
    body: cmdlineLines(step),
  }),
  reboot: (step) => ({ sign: '!', kind: 'reboot', subject: [`needed: ${step.reason}`], notes: [], body: [] }),
  state: (step) => ({
    sign: step.after === null ? '-' : '~',
    kind: 'record',
    subject: ['/var/lib/provision/state.json'],
    notes: [step.after === null ? 'removed' : 'written'],
    body: [],
  }),
};

/** Kinds whose row already says what the risk is. */
const RISK_SHOWN: ReadonlySet<StepKind> = new Set<StepKind>(['armed', 'reboot', 'cmdline']);
const RISK_WORDS: { readonly [R in Risk]: string | null } = {
  none: null,
  service: 'risk: service',
  panic: 'risk: panic',
  reboot: 'risk: reboot',
};

/** The row of one step; its own note, the risk and, when asked for, the undo come last. */
export function stepRow(step: Step, look: Look): Row {
  // The table is keyed by the kind itself, which TypeScript cannot follow through an index.
  const row = (ROWS[step.kind] as RowMaker<StepKind>)(step, look);
  const risk = RISK_SHOWN.has(step.kind) ? null : RISK_WORDS[step.risk];
  const extra = [step.note, risk, look.verbosity > 0 ? `undo: ${step.undo}` : null];
  return { ...row, notes: [...row.notes, ...extra.filter((note) => note !== null && note !== undefined)] };
}

function fileNotes({ before, after }: FileStep): string[] {
  if (after === null) return [];
  const notes: string[] = [];
  if (after.from !== undefined) notes.push(`restored from ${after.from}`);
  const owner = after.uid === 0 && after.gid === 0 ? null : `owner ${after.uid}:${after.gid}`;
  if (before !== null && before.text !== null && before.text === after.text) {
    notes.push(`same text; mode ${after.mode}, owner ${after.uid}:${after.gid}`);
  } else if (before === null) {
    if (after.mode !== '0644') notes.push(`mode ${after.mode}`);
    if (owner !== null) notes.push(owner);
  }
  return notes;
}

function bootNotes({ boot, before, after }: SysctlStep): string[] {
  if (boot === null || boot.value === after) return [];
  const value = boot.value === before ? '' : ` with ${boot.value}`;
  return [`at boot ${boot.file}:${boot.line} wins today${value}`];
}
