#!/usr/bin/env node
// Runs the unit tests on the newest Node as well. The registry carries its binaries as packages, one per platform, so
// nothing has to be downloaded from elsewhere and nothing has to be installed for the whole machine.
import { arch } from 'node:os';
import path from 'node:path';
import { $, fs } from 'zx';

$.verbose = false;
const platform = `node-linux-${arch()}`;
const root = path.join(import.meta.dirname, '..');
const cache = process.env.PROVISION_NODE_CACHE ?? '/var/cache/provision-node';
const { stdout } = await $`npm view ${platform} version`;
const version = stdout.trim();
const folder = path.join(cache, version);
const binary = path.join(folder, 'node_modules', platform, 'bin', 'node');
if (!(await fs.pathExists(binary))) {
  await $`npm install --prefix ${folder} --no-save --ignore-scripts --no-audit --no-fund ${`${platform}@${version}`}`;
}
console.log(`== unit tests on Node ${version}`);
const result = await $({
  cwd: root,
  nothrow: true,
  stdio: 'inherit',
})`${binary} node_modules/vitest/vitest.mjs run --project unit`;
process.exitCode = result.exitCode ?? 1;
