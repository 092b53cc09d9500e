import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import { layOutAtMost } from '../../investigate/flame/layout.ts';
import { formatFolded, pathsOf } from '../../investigate/flame/path.ts';
import { speedscopeOf } from '../../investigate/flame/speedscope.ts';
import { orderPaths } from '../../investigate/flame/ordered.ts';
import type { WaitClassifier } from '../../investigate/flame/wait-kinds.ts';
import type { GuestWaits } from '../../investigate/wait.ts';
import { renderFlameHtml, type FlameTexts } from './flame-html.ts';
import { flameSvgFile, LEAST_SHARE } from './flame-svg.ts';
import type { TraceStory } from './trace-story.ts';

export const FORMATS = ['html', 'svg', 'folded', 'speedscope'] as const;
export type TraceFormat = (typeof FORMATS)[number];

/** Where each format goes; those that are left out are not written. */
export type TraceFiles = Readonly<Partial<Record<TraceFormat, string>>>;

/** All formats in one folder. */
export function filesIn(folder: string, mode: string): TraceFiles {
  return {
    html: join(folder, `${mode}.html`),
    svg: join(folder, `${mode}.svg`),
    folded: join(folder, `${mode}.folded`),
    speedscope: join(folder, `${mode}.speedscope.json`),
  };
}

/** Makes the folders, so that a trace of an hour does not end in a path that nobody can write. @throws ProvisionError E_LOCAL_FILE */
export function makeRoom(files: TraceFiles): void {
  for (const path of Object.values(files)) attempt(path, () => mkdirSync(dirname(path), { recursive: true }));
}

interface Drawing {
  readonly story: TraceStory;
  readonly guests: readonly GuestWaits[];
  readonly classifier: WaitClassifier;
  readonly texts: FlameTexts;
  /** Who wrote the speedscope file: `provision 0.1.0`. */
  readonly exporter: string;
}

/** The frames of a still picture; more than anybody can look at, and a file that still opens. */
const MOST_DRAWN = 20_000;

/** Writes the files, and says which. @throws ProvisionError E_LOCAL_FILE */
export function writeTrace(files: TraceFiles, drawing: Drawing): { format: TraceFormat; path: string }[] {
  return FORMATS.flatMap((format) => {
    const path = files[format];
    if (path === undefined) return [];
    attempt(path, () => writeFileSync(path, TEXTS[format](drawing)));
    return [{ format, path }];
  });
}

const TEXTS: { readonly [F in TraceFormat]: (drawing: Drawing) => string } = {
  html: ({ story, texts }) => renderFlameHtml(story, texts),
  svg: ({ story }) =>
    flameSvgFile(layOutAtMost(orderPaths(story.paths), LEAST_SHARE, MOST_DRAWN), story.kinds, story.title),
  folded: ({ story }) => formatFolded(story.paths),
  speedscope: ({ story, guests, classifier, exporter }) => {
    const each = guests.map((one) => ({ guest: one.guest, paths: pathsOf([one], classifier) }));
    return `${JSON.stringify(speedscopeOf(each, story.title, exporter))}\n`;
  },
};

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ProvisionError('E_LOCAL_FILE', `cannot write ${path}: ${code}`, {
      hint: 'choose another place: --to DIR, --html FILE',
      cause,
    });
  }
}
