import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'completion-'));
const INVENTORY = `groups:
  desktops: { guests: [desk1, desk2] }
  servers: { guests: [web1] }
guests:
  desk1: { host: 192.0.2.1 }
  desk2: { host: 192.0.2.2 }
  web1:
`;
const quiet = { encoding: 'utf8', cwd: folder, stdio: 'pipe', timeout: 90_000 } as const;
const env = { ...process.env, HOME: folder, PATH: `${folder}:${process.env['PATH'] ?? ''}`, PROVISION_INVENTORY: '' };

beforeAll(() => {
  const { status, stderr } = spawnSync(join(ROOT, 'scripts/prepare'), ['bash', 'zsh', 'fish'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  // As one file: loading each module by itself would take longer than the shells do.
  const bundle = join(folder, 'provision.cjs');
  buildSync({
    entryPoints: [join(ROOT, 'src/process.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    external: ['cpu-features', '*.node'],
    // Where its files are looked for.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(ROOT, 'src/shipped/files.ts')).href) },
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'provision'), `#!/bin/sh\nexec ${process.execPath} ${bundle} "$@"\n`);
  chmodSync(join(folder, 'provision'), 0o755);
  writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
  writeFileSync(join(folder, 'mine.yaml'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words that bash would offer, by calling what `complete -p` says it calls. */
function bash(line: string): string[] {
  const script = `
    source <(provision completion bash)
    complete -p provision >&2
    COMP_LINE=$1 COMP_POINT=\${#1}
    # As bash cuts it: at blanks, and = and : are words of their own.
    COMP_WORDS=() COMP_CWORD=0
    while IFS= read -r word; do COMP_WORDS+=("$word"); done < <(
      printf '%s' "$1" | sed -e 's/[=:]/\\n&\\n/g' -e 's/ \\+/\\n/g'; echo)
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _provision
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(execFileSync('bash', ['--norc', '-c', script, 'bash', line], { ...quiet, env }));
}

/** By a real zsh on a terminal of its own: Tab, and what is listed. */
function zsh(line: string): string[] {
  const script = `
    zmodload zsh/zpty
    zpty -b inner zsh -f -i
    zpty -w inner 'PS1=; autoload -U compinit; compinit -u -D; source <(provision completion zsh)'
    # The answer is written by a completer, so that nothing has to be read off a screen.
    zpty -w inner 'compadd() { local -a got; builtin compadd -O got "$@"; print -rl -- $got >>$OUT; builtin compadd "$@" }'
    zpty -w inner 'done-now() { print -r -- . >$OUT.end }; zle -N done-now; bindkey "^X" done-now'
    zpty -w inner 'print ready >$OUT.ready'
    for i in {1..600}; do [[ -e $OUT.ready ]] && break; sleep 0.05; done
    zpty -n -w inner "$LINE"$'\\t'$'\\C-x'
    for i in {1..600}; do [[ -e $OUT.end ]] && break; sleep 0.05; done
    zpty -d inner
    [[ -e $OUT.end ]] || exit 1
    [[ ! -e $OUT ]] || cat $OUT`;
  const out = join(mkdtempSync(join(folder, 'zsh-')), 'out');
  return lines(
    execFileSync('zsh', ['-f', '-c', script], { ...quiet, env: { ...env, LINE: line, OUT: out, TERM: 'dumb' } }),
  );
}

function fish(line: string): string[] {
  const script = 'provision completion fish | source; complete -C $argv[1]';
  return lines(execFileSync('fish', ['--no-config', '-c', script, line], { ...quiet, env })).map(
    (text) => text.split('\t')[0] ?? '',
  );
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe.each([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])('%s', (name, complete) => {
  it('knows commands', () => {
    expect(complete('provision ver')).toEqual(['verify']);
  });

  it('knows profiles, and files beside them', () => {
    expect(complete('provision apply debug')).toEqual(['debug-panic']);
    expect(complete('provision apply mi')).toContain('mine.yaml');
  });

  it('knows guests and groups of the inventory', () => {
    expect(complete('provision apply debug-panic des').sort()).toEqual(['desk1', 'desk2', 'desktops']);
    expect(complete('provision verify debug-panic --limit we')).toEqual(['web1']);
  });

  it('knows flags of the command, and values', () => {
    expect(complete('provision export x --form')).toEqual(['--format']);
    expect(complete('provision export x --format an')).toEqual(['ansible']);
    const [value] = complete('provision export x --for=debian-12/am');
    expect(value).toBe(name === 'bash' ? 'debian-12/amd64' : '--for=debian-12/amd64');
  });

  it('goes on with a pattern', () => {
    const [value] = complete('provision inventory list servers:!we');
    expect(value).toBe(name === 'bash' ? '!web1' : 'servers:!web1');
  });

  it('offers nothing where nothing is known', () => {
    expect(complete('provision apply --user ')).toEqual([]);
  });
});
