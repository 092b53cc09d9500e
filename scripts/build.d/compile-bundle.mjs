// Part of the build: lets the bundle run once, and keeps what V8 compiled on the way. The run goes through the profile, the
// inventory, the planner and the SSH client, and connects to a port where nobody listens.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { BUNDLE_CACHE, loadBundle } from '../../dist/bundle.js';

const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, 'dist', BUNDLE_CACHE);
process.argv = [
  process.argv[0],
  'provision',
  'apply',
  'debug-panic',
  'root@127.0.0.1:1',
  '--dry-run',
  '-q',
  '-F',
  '/dev/null',
];
const bundle = loadBundle();
if (bundle === null) throw new Error('there is no bundle to compile');
const silent = () => true;
process.stdout.write = silent;
process.stderr.write = silent;
process.on('exit', () => {
  writeFileSync(`${cache}.new`, bundle.script.createCachedData());
  renameSync(`${cache}.new`, cache);
  process.exitCode = readFileSync(cache).length > 0 ? 0 : 1;
});
bundle.run();
