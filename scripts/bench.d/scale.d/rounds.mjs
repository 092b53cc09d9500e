import { SETTINGS } from '../fleet.d/peers.mjs';
import { startProvision } from '../simulated/provision.mjs';
import { cpuOf, infoOf, startRedis } from '../simulated/redis.mjs';

const EVERY_MS = 250;
const QUARTERS = [0.25, 0.5, 0.75, 1];

/** All guests by one process. */
export async function localRound({ fleet, folder, forks }) {
  const began = performance.now();
  const apply = startProvision([...applyOf(fleet, folder), '--forks', String(forks * 2)], { usage: `${folder}/local` });
  const watch = watching(fleet, apply);
  const taken = await endOf(apply);
  const wall = (performance.now() - began) / 1000;
  return { wall, ...taken, rssAt: await watch.end() };
}

/** The same guests by a controller and so many workers. */
export async function queueRound({ fleet, folder, forks, workers: count }) {
  const redis = await startRedis(folder);
  const workers = [];
  try {
    for (let index = 0; index < count; index += 1) {
      const argv = ['worker', '--engine', redis.url, '--forks', String(forks), '--private-key', fleet.key];
      workers.push(startProvision([...argv, ...fleet.flags.slice(-2)], { usage: `${folder}/worker-${index}` }));
    }
    await Promise.all(workers.map((worker) => worker.says('takes work')));
    const before = await infoOf(redis.client);
    const began = performance.now();
    const apply = startProvision([...applyOf(fleet, folder), '--engine', redis.url], { usage: `${folder}/controller` });
    let keys = 0;
    const watch = watching(fleet, apply, async () => {
      keys = Math.max(keys, await redis.client.dbsize());
    });
    const controller = await endOf(apply);
    const wall = (performance.now() - began) / 1000;
    const rssAt = await watch.end();
    for (const worker of workers) worker.kill('SIGTERM');
    const ended = await Promise.all(workers.map(endOf));
    const after = await infoOf(redis.client);
    return {
      wall,
      controller: { ...controller, rssAt },
      workers: {
        count,
        cpu: ended.reduce((sum, { cpu }) => sum + cpu, 0),
        rss: Math.max(...ended.map(({ rss }) => rss)),
      },
      redis: {
        cpu: cpuOf(after) - cpuOf(before),
        commands: after.total_commands_processed - before.total_commands_processed,
        peakMiB: after.used_memory_peak / 2 ** 20,
        leftMiB: (after.used_memory - before.used_memory) / 2 ** 20,
        aofMiB: after.aof_current_size / 2 ** 20,
        keys,
        keysLeft: await redis.client.dbsize(),
        ...(await sizesOf(redis.client)),
      },
    };
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    redis.end();
  }
}

/** Bytes of what a run leaves. */
async function sizesOf(client) {
  const [id] = await client.zrange('provision:runs', '-1', '-1');
  const [run, log, talk] = await Promise.all(
    ['', ':log', ':talk'].map((key) => client.memory('USAGE', `provision:run:${id}${key}`, 'SAMPLES', '0')),
  );
  return { runBytes: run ?? 0, logBytes: log ?? 0, talkBytes: talk ?? 0 };
}

function applyOf(fleet, folder) {
  return ['apply', 'debug-panic', '--yes', '-q', ...fleet.flags, '--runs-dir', `${folder}/runs`, ...SETTINGS];
}

async function endOf(process) {
  const { code, cpu, rss } = await process.end();
  if (code !== 0) throw new Error(`exit ${code}\n${process.said()}`);
  return { cpu, rss };
}

/** The memory of a process when a quarter, a half, .. of the guests were converged. */
function watching(fleet, apply, also = async () => undefined) {
  const rssAt = [];
  let last = 0;
  const look = async () => {
    const { converged } = await fleet.tell();
    const rss = apply.rssNow();
    if (rss > 0) last = rss;
    while (rssAt.length < QUARTERS.length - 1 && converged >= QUARTERS[rssAt.length] * fleet.names.length)
      rssAt.push(last);
    await also();
  };
  let looking;
  const timer = setInterval(() => {
    looking ??= look().finally(() => (looking = undefined));
  }, EVERY_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await looking;
      return [...rssAt, last];
    },
  };
}
