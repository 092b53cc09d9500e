import { commandOf } from './actions.ts';

/** `provision dumps ACTION ..` */
export const run = commandOf('dumps', {
  list: () => import('./dumps/list.ts'),
  fetch: () => import('./dumps/fetch.ts'),
  analyze: () => import('./dumps/analyze.ts'),
});
