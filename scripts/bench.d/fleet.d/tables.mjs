const COLUMNS = [
  ['wall s', (row) => row.wall.toFixed(2)],
  ['CPU s', (row) => row.cpu.toFixed(2)],
  ['RSS MiB', (row) => row.rss.toFixed(0)],
  ['conns', (row) => row.connections.toFixed(1)],
  ['channels', (row) => row.channels.toFixed(1)],
  ['KiB/guest', (row) => (row.bytesPerGuest / 1024).toFixed(1)],
];

/** A table for people: what each took, and how that stands to provision. */
export function printFleet({ what, guests, rounds, forks, state, medians, ratios }) {
  console.log(`${guests} guests, ${what}: ${state}; forks ${forks}; median of ${rounds}`);
  const header = ['', ...COLUMNS.map(([name]) => name), 'wall', 'CPU'];
  const rows = Object.entries(medians).map(([name, row]) => [
    name,
    ...COLUMNS.map(([, show]) => show(row)),
    ...(ratios[name] === undefined
      ? ['1', '1']
      : [`${ratios[name].wall.toFixed(2)}x`, `${ratios[name].cpu.toFixed(2)}x`]),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  for (const row of [header, ...rows]) {
    console.log(
      row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join('  '),
    );
  }
}
