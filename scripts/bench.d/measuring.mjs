// One process measured from outside, and what many measurements say together.
import { readFileSync } from 'node:fs';
import { $ } from 'zx';

import { clientGroup, cpuOf, inGroup } from './client-group.mjs';

/**
 * Runs a process to its end.
 * @param argv
 * @param options.client whose processes these are: what an earlier run left behind is measured with the later ones
 * @returns wall seconds, CPU seconds of all its processes, those that outlive it included, peak memory of its largest
 * process in MiB, bytes over the loopback device in both directions, TCP headers included
 */
export async function measure(argv, { client = 'client', env = {}, log, cwd } = {}) {
  const group = clientGroup(client);
  const spent = cpuOf(group);
  const before = loopbackBytes();
  const output = await $({
    env: { ...process.env, ...env },
    nothrow: true,
    quiet: true,
    ...(cwd ? { cwd } : {}),
  })`${inGroup(group, ['/usr/bin/time', '-o', log, '-f', '%e %M', ...argv])}`;
  if (output.exitCode !== 0)
    throw new Error(
      `${argv.join(' ')}: exit ${output.exitCode}\n${output.stdout.slice(-2000)}${output.stderr.slice(-2000)}`,
    );
  const [wall, rss] = readFileSync(log, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { wall, cpu: cpuOf(group) - spent, rss: rss / 1024, bytes: loopbackBytes() - before };
}

function loopbackBytes() {
  const line = /^\s*lo:\s*(.*)$/mu.exec(readFileSync('/proc/net/dev', 'utf8'))?.[1] ?? '0';
  return Number(line.split(/\s+/u)[0]);
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of each figure over the rounds. */
export function medians(rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));
}

/** The median of what each round says by itself: a machine that is slow for a minute is slow for both. */
export function ratio(over, under, key) {
  return median(over.map((round, index) => round[key] / under[index][key]));
}
