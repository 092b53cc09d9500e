import { commandOf } from './actions.ts';

/** `provision evidence ACTION ..` */
export const run = commandOf('evidence', {
  list: () => import('./evidence/list.ts'),
  fetch: () => import('./evidence/fetch.ts'),
  explain: () => import('./evidence/explain.ts'),
});
