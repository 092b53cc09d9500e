import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInit } from '../../src/cli/init.ts';
import { shippedBaseProfiles } from '../../src/cli/init/base-profile.ts';
import { PANIC_DANGERS, SYMBOL_PLACES, type Answers } from '../../src/cli/init/questions.ts';
import { readInventory } from '../../src/inventory/read.ts';
import { parseProfile } from '../../src/profile/parse.ts';
import { PANIC_EVENTS, profileSchema } from '../../src/profile/schema.ts';
import { loadProfile } from '../../src/shipped/profiles.ts';
import { CTRL_C, DOWN, ENTER, Pty, SPACE } from './init/pty.ts';

const PROFILES = shippedBaseProfiles();
const ENTRY = fileURLToPath(new URL('init/entry.ts', import.meta.url));
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));

let cwd: string;
let home: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'provision-init-'));
  home = join(cwd, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const text = (name: string): string => readFileSync(join(cwd, name), 'utf8');
const made = (): string[] => readdirSync(cwd).filter((name) => name !== 'home');

/** Runs the flow with answers that are known before, question by question; unanswered ones take their default. */
async function init(answers: Partial<Answers>, targets: readonly string[]): Promise<string> {
  let shown = '';
  const typed = [...targets, ''];
  const code = await runInit({
    cwd,
    home,
    tty: true,
    stdout: { write: (output) => (shown += output) },
    color: false,
    profiles: PROFILES,
    prompt: (questions, known) => {
      const said: Record<string, unknown> = { ...known };
      for (const { name, when, default: fallback } of questions) {
        if (when && !when(said)) continue;
        const preset = typeof fallback === 'function' ? fallback(said) : fallback;
        said[name] = name === 'targets' ? typed.shift() : (answers[name] ?? preset);
      }
      return Promise.resolve(said);
    },
  });
  expect(code).toBe(0);
  return shown;
}

describe('init offers', () => {
  it('the shipped profiles, the whole one first', () => {
    expect(PROFILES[0]).toMatchObject({ name: 'debug-panic', hungTaskTimeout: '60s', symbols: 'controller' });
    expect(PROFILES.map(({ name }) => name)).toContain('kdump');
  });

  it('only what the schema knows', () => {
    expect(Object.keys(PANIC_EVENTS)).toEqual(expect.arrayContaining(Object.keys(PANIC_DANGERS)));
    for (const symbols of Object.keys(SYMBOL_PLACES)) {
      const profile = { apiVersion: 'provision/v1', name: 'x', crash: { symbols } };
      expect(profileSchema.safeParse(profile).success).toBe(true);
    }
  });
});

describe('init writes', () => {
  it('an inventory and a profile that says only what is different', async () => {
    const shown = await init(
      { start: 'debug-panic', timeout: '2m', panicOn: ['oops', 'softlockup', 'oom', 'warn'], key: '~/.ssh/id_ed25519' },
      ['192.0.2.11 ops@vm2.example.net:2222', '[2001:db8::7]:22'],
    );
    expect(text('inventory.yaml')).toMatchInlineSnapshot(`
      "# Guests that provision looks after. Groups, vars and jump hosts: docs/inventory.md

      defaults:
        user: root
        identity_file: ~/.ssh/id_ed25519
      guests:
        192.0.2.11: { host: 192.0.2.11 }
        vm2.example.net: { host: vm2.example.net, port: 2222, user: ops }
        2001-db8-7: { host: 2001:db8::7 }
      "
    `);
    expect(text('my-debug-panic.yaml')).toMatchInlineSnapshot(`
      "# What the guests become. \`provision profiles show ./FILE --origin\` shows all that it means

      apiVersion: provision/v1
      name: my-debug-panic
      extends: debug-panic
      hung_task: { timeout: 2m }
      "
    `);
    expect(shown).toContain(
      text('inventory.yaml')
        .trimEnd()
        .replaceAll(/^(?=.)/gm, '    '),
    );
    expect(shown).toContain('Wrote inventory.yaml and my-debug-panic.yaml. Next:\n  provision facts -i inventory.yaml');
  });

  it('an inventory that the parser takes', async () => {
    const targets = ['192.0.2.11 ops@vm2.example.net:2222', '[2001:db8::7]:22'];
    await init({ start: 'debug-panic', timeout: '2m', key: '~/.ssh/id_ed25519' }, targets);
    const { guests } = readInventory(text('inventory.yaml'), 'inventory.yaml');
    expect(guests.map(({ host, port, user }) => [host, port, user])).toEqual([
      ['192.0.2.11', undefined, 'root'],
      ['vm2.example.net', 2222, 'ops'],
      ['2001:db8::7', undefined, 'root'],
    ]);
  });

  it('a profile that the parser takes, with the chosen parts', async () => {
    await init({ start: 'compose', parts: ['kdump', 'hung-task'], timeout: '90s', name: 'lab' }, ['root@127.0.0.2']);
    const profile = parseProfile(text('lab.yaml'), 'lab.yaml');
    expect(profile.extends.map(({ name }) => name)).toEqual(['kdump', 'hung-task']);
    expect(profile.leaves.get('hung_task.timeout')?.value).toBe('90s');
    expect(loadProfile(join(cwd, 'lab.yaml')).leaves.get('kdump.crashkernel')).toBeDefined();
  });

  it('nothing of its own about hosts that ~/.ssh/config describes', async () => {
    writeFileSync(join(home, '.ssh/config'), 'Host bastion web1\n  User ops\nHost *.lan !x\n');
    await init({ sshHosts: ['web1'], user: 'root', key: '~/.ssh/k', start: 'kdump' }, ['192.0.2.5']);
    expect(text('inventory.yaml')).toMatchInlineSnapshot(`
      "# Guests that provision looks after. Groups, vars and jump hosts: docs/inventory.md

      guests:
        web1: { host: web1 }
        192.0.2.5: { host: 192.0.2.5, user: root, identity_file: ~/.ssh/k }
      "
    `);
  });

  it('over no file without being told to', async () => {
    writeFileSync(join(cwd, 'inventory.yaml'), 'mine\n');
    const shown = await init({ start: 'kdump' }, ['192.0.2.5']);
    expect(text('inventory.yaml')).toBe('mine\n');
    expect(shown).toContain('Wrote my-kdump.yaml. Next:');
    await init({ start: 'kdump', inventoryExists: 'overwrite' }, ['192.0.2.6']);
    expect(text('inventory.yaml')).toContain('192.0.2.6');
    expect(made().sort()).toEqual(['inventory.yaml', 'my-kdump.yaml']);
  });

  it('nothing when the last answer is no', async () => {
    expect(await init({ start: 'kdump', write: false }, ['192.0.2.5'])).toContain('Nothing was written.');
    expect(made()).toEqual([]);
  });
});

describe('init on a real terminal', () => {
  const start = (): Pty => new Pty(`"${process.execPath}" --import "${TSX}" "${ENTRY}" "${home}"`, cwd);

  it('leads to files that can be gone on with', { timeout: 60_000 }, async () => {
    const pty = start();
    await pty.answer('Guest, [user@]host[:port]', `not a guest!${ENTER}`);
    await pty.see('is not [user@]host[:port]');
    await pty.answer('', `${'\u007f'.repeat(12)}ops@192.0.2.11:2222 192.0.2.12${ENTER}`);
    await pty.answer('Another guest', ENTER);
    await pty.answer('SSH user', ENTER);
    await pty.answer('SSH key', ENTER);
    await pty.answer('Start from', ENTER);
    await pty.answer('counts as hung after', `${'\u007f'.repeat(3)}soon${ENTER}`);
    await pty.answer('a duration such as 60s', `${'\u007f'.repeat(4)}90s${ENTER}`);
    await pty.answer('Panic, and so dump, on', `${DOWN}${SPACE}${ENTER}`);
    await pty.answer('Debug symbols', ENTER);
    await pty.answer('Name of your profile', ENTER);
    await pty.answer('Write?', ENTER);
    expect(await pty.exit(), pty.screen).toBe(0);
    expect(text('my-debug-panic.yaml')).toContain('hung_task: { timeout: 90s }');
    expect(parseProfile(text('my-debug-panic.yaml'), 'x').leaves.get('panic.on')?.value).toEqual([
      'oops',
      'oom',
      'warn',
    ]);
    expect(text('inventory.yaml')).toContain('192.0.2.11: { host: 192.0.2.11, port: 2222, user: ops }');
    expect(pty.screen).toContain('provision apply ./my-debug-panic.yaml -i inventory.yaml --dry-run');
  });

  it.each(['SSH user', 'Write?'])('leaves nothing behind after Ctrl-C at "%s"', { timeout: 60_000 }, async (place) => {
    const pty = start();
    await pty.answer('Guest, [user@]host[:port]', `192.0.2.11${ENTER}`);
    await pty.answer('Another guest', ENTER);
    for (const question of [
      'SSH user',
      'SSH key',
      'Start from',
      'counts as hung',
      'Panic,',
      'Debug symbols',
      'Name of',
    ]) {
      if (question === place) break;
      await pty.answer(question, ENTER);
    }
    await pty.answer(place, CTRL_C);
    expect(await pty.exit(), pty.screen).toBe(130);
    expect(made()).toEqual([]);
  });

  it('refuses without one', { timeout: 60_000 }, async () => {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const child = execFile(process.execPath, ['--import', TSX, ENTRY, home], { cwd }, (error, _stdout, err) => {
        resolve({ code: error?.code, stderr: err });
      });
      child.stdin?.end();
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: init asks questions, and this is not a terminal\nhint: /);
    expect(existsSync(join(cwd, 'inventory.yaml'))).toBe(false);
  });
});
