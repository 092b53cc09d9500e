import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { loadQueue, loadRedis } from '../../../src/engine/redis/driver.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Above it is no folder with packages. */
const alone = mkdtempSync(join(tmpdir(), 'alone-'));
afterAll(() => rmSync(alone, { recursive: true, force: true }));

function copied(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(alone, path)), { recursive: true });
    cpSync(join(ROOT, path), join(alone, path), { recursive: true });
  }
}

describe('the packages that an engine needs', () => {
  it('are there', async () => {
    expect((await loadRedis()).Redis).toBeTypeOf('function');
    expect((await loadQueue()).Worker).toBeTypeOf('function');
  });

  it.each(['loadRedis', 'loadQueue'])('are named where they are not installed: %s', (load) => {
    copied('src/engine/redis/driver.ts', 'src/errors.ts', 'package.json');
    const script = `
      import(${JSON.stringify(join(alone, 'src/engine/redis/driver.ts'))})
        .then((driver) => driver.${load}())
        .catch(({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })));`;
    const said = execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { cwd: ROOT, encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual({
      code: 'E_ENGINE',
      message: expect.stringContaining('bullmq and ioredis are not installed') as string,
      hint: expect.stringContaining('npm install bullmq ioredis') as string,
    });
  });

  it.runIf(existsSync(join(ROOT, 'dist/bundle')))('are not in the bundle, which says so and does all the rest', () => {
    copied('dist', 'profiles', 'catalogue', 'templates', 'package.json');
    const run = (argv: string[]): string =>
      execFileSync(process.execPath, [join(alone, 'dist/main.js'), ...argv], {
        env: { ...process.env, PROVISION_ENGINE: 'redis://127.0.0.1:1' },
        encoding: 'utf8',
      });
    expect(run(['profiles', 'list'])).toContain('debug-panic');
    expect(run(['self-check', '--json'])).toContain('bullmq and ioredis are not installed');
  });
});
