// What a client is: every process that it started, those included that it left behind (the masters of ssh). They are in a
// control group of their own, whose CPU the kernel counts to the microsecond, whoever waits for them.
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';

import { cgroupMount, killGroup } from '../lab.d/control-group.mjs';

const groups = new Map();

/** The group of a contender; what one run of it leaves running is counted in the next. */
export function clientGroup(name) {
  let group = groups.get(name);
  if (group === undefined) {
    group = path.join(cgroupMount(), `provision-bench-${process.pid}-${groups.size}`);
    mkdirSync(group, { recursive: true });
    groups.set(name, group);
  }
  return group;
}

/** CPU seconds that were spent in it, by processes that are gone too. */
export function cpuOf(group) {
  return Number(/^usage_usec (\d+)$/mu.exec(readFileSync(path.join(group, 'cpu.stat'), 'utf8'))[1]) / 1e6;
}

/** A command that joins the group and becomes the client. */
export function inGroup(group, argv) {
  return ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, ...argv];
}

/** Ends what the contenders left running. */
export async function endClients() {
  for (const group of groups.values()) {
    await killGroup(group);
    rmdirSync(group);
  }
  groups.clear();
}

/** The same for one contender, which begins from nothing afterwards. */
export async function endClient(name) {
  if (groups.has(name)) await killGroup(groups.get(name));
}
