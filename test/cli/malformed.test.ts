import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { printError } from '../../src/cli/print-error.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { malformedInventories } from '../inventory/malformed.ts';
import { malformedProfiles } from '../profile/malformed.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'malformed-'));
let listener: Server;
let connections = 0;
let port = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  port = (listener.address() as { port: number }).port;
});

afterAll(() => {
  listener.close();
});

/** The command as main.ts runs it, in this process: hundreds of them would take minutes as processes. */
async function provision(argv: string[]): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await buildProgram(new AbortController().signal).run(argv).catch(printError);
    return { code, stderr };
  } finally {
    spy.mockRestore();
  }
}

function check({ code, stderr }: { code: number; stderr: string }, file: string): void {
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(file);
  expect(stderr).toMatch(/error: /);
  expect(stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/);
  expect(connections).toBe(0);
}

describe('a malformed profile ends the command before a connection is made', () => {
  it.each(malformedProfiles().map(({ title, text }, index) => [index, title, text] as const))(
    '%i %s',
    async (index, _name, text) => {
      const file = path.join(folder, `profile-${index}.yaml`);
      writeFileSync(file, text);
      check(await provision(['apply', file, `root@127.0.0.1:${port}`]), file);
    },
  );
});

describe('a malformed inventory does too', () => {
  it.each(malformedInventories().map(({ title, text }, index) => [index, title, text] as const))(
    '%i %s',
    async (index, _name, text) => {
      const file = path.join(folder, `inventory-${index}.yaml`);
      writeFileSync(file, text);
      check(await provision(['apply', 'sysrq', '--yes', '-i', file]), file);
    },
  );
});

it('says the same as a process of its own', async () => {
  const file = path.join(folder, 'typo.yaml');
  writeFileSync(file, 'apiVersion: provision/v1\nname: mine\nhung_task: { timeot: 60s }\n');
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const { code, stderr } = await new Promise<{ code: number; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, 'apply', file, `root@127.0.0.1:${port}`], (error, _out, err) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, stderr: err }),
    );
  });
  check({ code, stderr }, file);
  expect(stderr).toContain('did you mean timeout?');
  expect(stderr).toMatch(/:3:14: error/);
});
