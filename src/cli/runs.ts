import { commandOf } from './actions.ts';

/** `provision runs ACTION ..` */
export const run = commandOf('runs', {
  list: () => import('./runs-list.ts'),
  show: () => import('./runs-show.ts'),
  resume: () => import('./runs-resume.ts'),
  report: () => import('./runs-report.ts'),
  attach: () => import('./runs-attach.ts'),
});
