import type { FlamePath } from './path.ts';

/** Sampled profiles in the file format of https://www.speedscope.app/file-format-schema.json */
export interface SpeedscopeFile {
  readonly $schema: string;
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly SpeedscopeProfile[];
  readonly name: string;
  readonly activeProfileIndex: number;
  readonly exporter: string;
}

interface SpeedscopeProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'microseconds';
  readonly startValue: number;
  readonly endValue: number;
  /** Outermost first, as indices into the shared frames. */
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** One profile for each guest; their paths without a guest's frame. */
export function speedscopeOf(
  guests: readonly { readonly guest: string; readonly paths: readonly FlamePath[] }[],
  name: string,
  exporter: string,
): SpeedscopeFile {
  const indices = new Map<string, number>();
  const indexOf = (frame: string): number => {
    const known = indices.get(frame);
    if (known !== undefined) return known;
    indices.set(frame, indices.size);
    return indices.size - 1;
  };
  const profiles = guests.map(({ guest, paths }): SpeedscopeProfile => {
    const weighty = paths.filter(({ us }) => us > 0);
    return {
      type: 'sampled',
      name: guest,
      unit: 'microseconds',
      startValue: 0,
      endValue: weighty.reduce((sum, { us }) => sum + us, 0),
      samples: weighty.map(({ frames }) => frames.map((frame) => indexOf(frame.name))),
      weights: weighty.map(({ us }) => us),
    };
  });
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: { frames: [...indices.keys()].map((frame) => ({ name: frame })) },
    profiles,
    name,
    activeProfileIndex: 0,
    exporter,
  };
}
