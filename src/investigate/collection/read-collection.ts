import { ProvisionError } from '../../errors.ts';
import { linesOf, NamedLines, type Sections } from '../../facts/sections.ts';
import type { Collection, TaskLook } from './collection.ts';
import { readContext } from './context.ts';
import { cpuList, readCpus, readKworkers } from './cpus.ts';
import { fileLines } from './file-lines.ts';
import { readKernelAnswers } from './kernel-answers.ts';
import { readTask, taskPath, type TaskFiles } from './tasks.ts';
import { readThreads } from './threads.ts';
import { readUnread } from './unread.ts';
import type { WaitKinds } from './waits.ts';

/**
 * Reads what templates/guest/stacks.sh printed, over a connection or into a file (sectionsOfText).
 * @param process the process that was named to it, if one was
 * @throws ProvisionError E_PROBE when the guest did not come to tell of its threads
 */
export function readCollection(sections: Sections, kinds: WaitKinds, process = ''): Collection {
  const host = new NamedLines(linesOf(sections, 'host'));
  const threads = readThreads(sections);
  const uptimeSeconds = Number.parseFloat(host.get('uptime') ?? '');
  if (threads.read === 0 || Number.isNaN(uptimeSeconds))
    throw new ProvisionError('E_PROBE', 'the guest did not tell of its threads', {
      hint: 'is /proc mounted there? Run the command again with -v',
    });
  const [before, stacks, after] = ['before', 'stacks', 'after'].map((name) => fileLines(sections, name));
  const files: TaskFiles = { before: before ?? new Map(), stacks: stacks ?? new Map(), after: after ?? new Map() };
  const tasks = threads.lines
    .filter(
      ({ state, comm, pid }) => state === 'D' || (process !== '' && isNamed(process, comm, threads.names.get(pid))),
    )
    .map((thread) => ({ thread, look: readTask(thread, threads, files, uptimeSeconds, kinds) }));
  const looks = tasks.map(({ look }) => look);
  // Who ended between the looks has no state any more.
  const there = tasks.filter(({ thread }) => files.after.has(`${taskPath(thread)}/stat`)).map(({ look }) => look);
  const unread = readUnread(sections);
  const unreadStats = unread.filter(({ what }) => what === 'stat').reduce((sum, { count }) => sum + count, 0);
  const isolated = cpuList(`${host.get('isolated') ?? ''},${host.get('nohz_full') ?? ''}`);
  const { answers, refused } = readKernelAnswers(sections);
  const number = (name: string): number | null => (host.has(name) ? Number(host.get(name)) : null);
  return {
    hostname: host.get('hostname') ?? '',
    kernel: host.get('kernel') ?? '',
    bootId: host.get('boot_id') ?? '',
    now: Number(host.get('now') ?? 0),
    uptimeSeconds,
    root: host.get('uid') === '0',
    cmdline: host.get('cmdline') ?? '',
    threads: { listed: threads.listed, read: threads.read, states: threads.states },
    blocked: looks.filter(({ blocked }) => blocked).sort(longestFirst),
    passing: looks.filter(({ state, blocked }) => state === 'D' && !blocked),
    others: there.filter(({ state, blocked }) => state !== 'D' && !blocked).sort(longestFirst),
    context: {
      ...readContext(fileLines(sections, 'context')),
      cpus: readCpus(threads.lines, files.before, files.after, isolated),
      kworkers: readKworkers(threads.lines),
    },
    hungTask: {
      timeoutSeconds: number('hung_task_timeout_secs'),
      panic: number('hung_task_panic'),
      warnings: number('hung_task_warnings'),
      detected: number('hung_task_detect_count'),
    },
    unread,
    gone: Math.max(0, threads.listed - threads.read - unreadStats),
    kernelAnswers: answers,
    kernelRefused: refused,
    tookMs: Number(new NamedLines(linesOf(sections, 'unread')).get('hundredths') ?? 0) * 10,
  };
}

function isNamed(process: string, comm: string, leader: string | undefined): boolean {
  return comm === process || leader === process;
}

function longestFirst(a: TaskLook, b: TaskLook): number {
  return (b.seconds ?? -1) - (a.seconds ?? -1) || a.tid - b.tid;
}
