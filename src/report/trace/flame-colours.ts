import type { WaitKind } from '../../investigate/flame/wait-kinds.ts';

/** Frames that are no kernel function of the one that waits. */
const FIXED = {
  light: {
    task: '#dfe5ec',
    user: '#eef0d8',
    mark: '#c3cad2',
    waker: '#c5c9f5',
    found: '#b4139a',
    'found-ink': '#ffffff',
  },
  dark: {
    task: '#2d3640',
    user: '#3d4026',
    mark: '#545d67',
    waker: '#3b3f82',
    found: '#ff7be9',
    'found-ink': '#1b1f24',
  },
};

/** The colours of the frames as style, for both schemes. The kinds' colours are `#rrggbb`, checked where they were read. */
export function flameColours(kinds: readonly WaitKind[]): string {
  const all = (scheme: 'light' | 'dark'): string =>
    [
      ...Object.entries(FIXED[scheme]).map(([name, colour]) => `--${name}:${colour}`),
      ...kinds.map(({ colour }, index) => `--k${index}:${colour[scheme]}`),
    ].join(';');
  const fills = kinds.map((_kind, index) => `.f.kernel.k${index} rect{fill:var(--k${index})}`).join('');
  return `:root{${all('light')}}@media (prefers-color-scheme: dark){:root{${all('dark')}}}${fills}`;
}
