const fixed = (digits) => (value) => value.toFixed(digits);

/** A table for people: what each part took, for a guest. */
export function printScale({ guests, latencyMs, forks, local, queue }) {
  const each = (seconds) => fixed(2)((seconds / guests) * 1000);
  console.log(`${guests} guests, ${latencyMs} ms away; ${forks} at a time for a worker, ${forks * 2} for one process`);
  const header = ['', 'wall s', 'guests/s', 'CPU ms/guest', 'controller', 'workers', 'redis', 'overhead', 'load'];
  const rows = [
    [
      'one process',
      fixed(1)(local.wall),
      fixed(0)(guests / local.wall),
      each(local.cpu),
      '',
      '',
      '',
      '',
      fixed(1)(local.load),
    ],
    ...queue.map((row) => [
      `${row.workers.count} ${row.workers.count === 1 ? 'worker' : 'workers'}`,
      fixed(1)(row.wall),
      fixed(0)(guests / row.wall),
      each(row.cpu),
      each(row.controller.cpu),
      each(row.workers.cpu),
      each(row.redis.cpu),
      fixed(2)(row.overheadMs),
      fixed(1)(row.load),
    ]),
  ];
  printRows([header, ...rows]);
  console.log('\nmemory: MiB when 25, 50, 75, 100 % of the guests were converged; Redis at its peak');
  const memory = ({ rssAt, rss }) => [...rssAt.map(fixed(0)), fixed(0)(rss)];
  printRows([
    [
      '',
      '25 %',
      '50 %',
      '75 %',
      '100 %',
      'most',
      'worker',
      'redis',
      'commands/guest',
      'keys',
      'left',
      'B/guest',
      'AOF MiB',
    ],
    ['one process', ...memory(local), '', '', '', '', '', '', ''],
    ...queue.map(({ controller, workers, redis }) => [
      String(workers.count),
      ...memory(controller),
      fixed(0)(workers.rss),
      fixed(1)(redis.peakMiB),
      fixed(1)(redis.commands / guests),
      String(redis.keys),
      String(redis.keysLeft),
      fixed(0)((redis.runBytes + redis.logBytes) / guests),
      fixed(1)(redis.aofMiB),
    ]),
  ]);
  console.log(
    '\nB/guest: what a run leaves in Redis for 14 days, without its talk, whose size does not grow with the guests',
  );
}

function printRows(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(row.map((text, at) => (at === 0 ? text.padEnd(widths[0]) : text.padStart(widths[at]))).join('  '));
}
