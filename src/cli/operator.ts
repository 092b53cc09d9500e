import { hostname, userInfo } from 'node:os';

/** Who runs this, and where: what locks on guests and journals of runs are signed with. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`;
}
