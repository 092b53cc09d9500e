#!/usr/bin/env -S npx tsx
// Asks Ansible (ansible-core) what it makes of the inventories in test/inventory/corpus, and keeps its answers beside them.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { $ } from 'zx';

const corpus = fileURLToPath(new URL('../test/inventory/corpus/', import.meta.url));
const env = { PATH: process.env.PATH, HOME: tmpdir(), LC_ALL: 'C.UTF-8' };
// Anywhere but beside a group_vars.
const run = $({ env, cwd: '/', verbose: false, quiet: true });

for (const name of await readdir(corpus)) {
  const lines = (await readFile(join(corpus, name, 'questions'), 'utf8')).split('\n');
  const all = (key) => lines.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2));
  const inventories = (all('args')[0] ?? '').split(' ').flatMap((arg) => {
    const path = join(corpus, name, arg);
    return ['-i', existsSync(path) ? path : arg];
  });
  const list = JSON.parse((await run`ansible-inventory ${inventories} --list`).stdout);
  const patterns = {};
  for (const pattern of all('pattern')) {
    const { stdout } = await run`ansible ${inventories} ${[pattern]} --list-hosts`;
    patterns[pattern] = stdout
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  await writeFile(join(corpus, name, 'ansible.json'), `${JSON.stringify({ list, patterns }, null, 1)}\n`);
  console.log(name);
}
