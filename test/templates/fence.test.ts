import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { convergeLibrary } from '../../src/plan/script.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { shippedPath } from '../../src/shipped/files.ts';

const LIBRARY = convergeLibrary(loadKnowledge().templates);
const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const OTHER_BOOT = '11111111-2222-3333-4444-555555555555';
const DISK = 'lib/fence';
const MEMORY = 'run/fence';

let root = '';
const at = (path: string): string => join(root, path);
const read = (path: string): string | null => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : null);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fence-'));
  for (const directory of ['lib', 'run']) mkdirSync(at(directory));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The guest holds a record of ours. */
const recorded = (): void => writeFileSync(at('lib/state.json'), '{}\n');
/** What is in memory goes with the boot. */
const restart = (): void => rmSync(at(MEMORY), { force: true });

const SHELLS = ['dash', 'bash --posix', 'busybox sh'];

/** Runs calls of a converge that holds the lock, with the guest's directories under our root; answers with its words. */
function run(shell: string, ...calls: string[]): string[] {
  const [file = '', ...argv] = shell.split(' ');
  const begun = [
    `STATE_DIRECTORY='${root}/lib' RUN_DIRECTORY='${root}/run' locked=yes`,
    '[ ! -e "$STATE_DIRECTORY/state.json" ] || had_state=yes',
    '[ ! -e "$STATE_DIRECTORY/pending.json" ] || had_pending=yes',
  ];
  const script = [LIBRARY, ...begun, ...calls, ''].join('\n');
  const { stdout, stderr } = spawnSync(file, [...argv, '-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const fence = (token: string, boot = BOOT): string => `fence ${token} run-${token} ${boot}`;
const IN = 'say in';

describe.each(SHELLS)('in %s', (shell) => {
  const attempt = (...calls: string[]): string[] => run(shell, ...calls, IN);

  it('the newer attempt comes in, the older one is told who overtook it', () => {
    recorded();
    expect(attempt(fence('1790000000000002'))).toEqual(['@ in']);
    expect(read(DISK)).toBe('1790000000000002 run-1790000000000002\n');
    expect(statSync(at(DISK)).mode & 0o777).toBe(0o600);
    expect(attempt(fence('1790000000000001'))).toEqual([
      '@ fail E_FENCED ',
      'a newer attempt has begun on this guest: 1790000000000002 of run run-1790000000000002; ' +
        'this one is 1790000000000001 of run run-1790000000000001',
    ]);
    expect(read(DISK)).toBe('1790000000000002 run-1790000000000002\n');
    expect(attempt(fence('1790000000000002'))).toEqual(['@ in']);
    expect(attempt(fence('1790000000000003'))).toEqual(['@ in']);
    expect(read(DISK)).toBe('1790000000000003 run-1790000000000003\n');
    expect(read(MEMORY)).toBe(read(DISK));
    expect([...readdirSync(at('lib')), ...readdirSync(at('run'))].sort()).toEqual(['fence', 'fence', 'state.json']);
  });

  it.each([[MEMORY, DISK], [DISK, MEMORY]])('the larger token counts, in %s or in %s', (larger, smaller) => {
    recorded();
    writeFileSync(at(larger), '20 r20\n');
    writeFileSync(at(smaller), '3 r3\n');
    expect(attempt(fence('19'))[0]).toBe('@ fail E_FENCED ');
    expect(attempt(fence('21'))).toEqual(['@ in']);
  });

  it.each([
    ['empty', ''],
    ['without its end', '99'],
    ['cut off in its run', '99 r9'],
    ['without a run', '99\n'],
    ['with something after it', '99 r99 x\n'],
    ['no number', 'ninety r99\n'],
    ['a number of another kind', '0x99 r99\n'],
    ['with a zero before it', '099 r99\n'],
    ['negative', '-99 r99\n'],
    ['too long', '99999999999999999999 r99\n'],
    ['bytes of nothing', '\0\0\0\0\0\n'],
    ['a text of a terminal', '99 \u001b[2J\n'],
  ])('a file that is damaged counts as none: %s', (_what, text) => {
    recorded();
    writeFileSync(at(DISK), text);
    expect(attempt(fence('5', OTHER_BOOT))[0]).toBe('@ fail E_STALE_PLAN ');
    expect(attempt(fence('5'))).toEqual(['@ in']);
    expect(read(DISK)).toBe('5 run-5\n');
  });

  it.each(['', '0', '007', '-1', '1x', '10000000000000000000'])('the token %j is refused, and not left there', (token) => {
    recorded();
    expect(attempt(`fence '${token}' r ${BOOT}`)[0]).toBe('@ fail E_CONVERGE ');
    expect([read(DISK), read(MEMORY)]).toEqual([null, null]);
  });

  it('a bare guest holds it in memory, until there is a record', () => {
    expect(attempt(fence('7'))).toEqual(['@ in']);
    expect(readdirSync(at('lib'))).toEqual([]);
    expect(attempt(fence('6'))[0]).toBe('@ fail E_FENCED ');
    expect(attempt(fence('7'), "intend '{}'")).toEqual(['@ in']);
    expect(read(DISK)).toBe('7 run-7\n');
    restart();
    expect(attempt(fence('6'))[0]).toBe('@ fail E_FENCED ');
  });

  it('without a token nothing is left, and what is there stays', () => {
    expect(attempt("intend '{}'")).toEqual(['@ in']);
    expect(read(DISK)).toBeNull();
    writeFileSync(at(DISK), '8 run-8\n');
    expect(attempt("intend '{}'", "record '{}'")).toEqual(['@ in']);
    expect(read(DISK)).toBe('8 run-8\n');
  });

  it('an apply keeps it to its end', () => {
    attempt(fence('7'), "intend '{}'", 'step x', "record '{}'", 'ended', 'finish');
    expect(readdirSync(at('lib')).sort()).toEqual(['backup', 'fence', 'state.json']);
    expect(attempt(fence('8'), "intend '{}'", 'step x', "record '{}'", 'ended', 'finish').at(-1)).toBe('@ in');
    expect(read(DISK)).toBe('8 run-8\n');
  });

  it('a plan that is refused leaves nothing on a bare guest, and is remembered for this boot', () => {
    expect(attempt(fence('9'), 'stale x')).toEqual(['@ fail E_STALE_PLAN ', 'x']);
    expect(attempt(fence('9'), "intend '{}'", 'fail E_DISK_FULL x')[0]).toBe('@ fail E_DISK_FULL ');
    expect(existsSync(at('lib'))).toBe(false);
    expect(attempt(fence('8'))[0]).toBe('@ fail E_FENCED ');
    restart();
    expect(attempt(fence('8', OTHER_BOOT))[0]).toBe('@ fail E_STALE_PLAN ');
  });

  it('a plan that is refused stays known beside a record, over a boot too', () => {
    recorded();
    expect(attempt(fence('9'), 'stale x')[0]).toBe('@ fail E_STALE_PLAN ');
    restart();
    expect(attempt(fence('8'))[0]).toBe('@ fail E_FENCED ');
  });

  it.each(['forget', 'forget everything'])('%s takes it away with the rest', (call) => {
    recorded();
    mkdirSync(at('lib/backup'));
    expect(attempt(fence('9'), 'step x', call)).toEqual(['@ start x', '@ in']);
    expect(existsSync(at('lib'))).toBe(false);
    expect(attempt(fence('8'))[0]).toBe('@ fail E_FENCED ');
  });

  it('the record is the last that a rollback removes', () => {
    recorded();
    mkdirSync(at('lib/backup'));
    attempt(fence('9'), `rm() { command printf '%s\\n' "$*" >>'${root}/removed'; command rm "$@"; }`, 'forget');
    const removed = (read('removed') ?? '').trim().split('\n').map((line) => line.split('/').at(-1));
    expect(removed.filter((name) => name === 'fence' || name === 'state.json')).toEqual(['fence', 'state.json']);
  });

  it('of any two numbers the larger one is told', () => {
    const near = fc.bigInt({ min: 1n, max: 10n ** 19n - 1n });
    const pair = fc.oneof(
      fc.tuple(near, near),
      fc.tuple(near, fc.bigInt({ min: -2n, max: 2n })).map(([a, by]) => [a, a + by] as const),
      fc.tuple(fc.nat({ max: 18 }), fc.bigInt({ min: -1n, max: 1n })).map(([n, by]) => [10n ** BigInt(n), 10n ** BigInt(n) + by] as const), // prettier-ignore
      fc.constantFrom<readonly [bigint, bigint]>([2n ** 63n - 1n, 2n ** 63n], [2n ** 63n, 2n ** 63n + 1n], [2n ** 53n, 2n ** 53n + 1n]), // prettier-ignore
    );
    const pairs = fc.sample(pair, 400).filter(([a, b]) => a > 0n && b > 0n && b < 10n ** 19n && a < 10n ** 19n);
    const calls = pairs.map(([a, b]) => `if fence_larger ${a} ${b}; then echo '${a} > ${b}'; else echo '${a} <= ${b}'; fi`);
    expect(run(shell, ...calls)).toEqual(pairs.map(([a, b]) => (a > b ? `${a} > ${b}` : `${a} <= ${b}`)));
  });

  it('exactly those come in that are not smaller than the largest before, whatever becomes of them, over boots', () => {
    const token = fc.oneof(
      fc.integer({ min: 1, max: 12 }).map(String),
      fc.bigInt({ min: 1_789_999_999_999_998n, max: 1_790_000_000_000_003n }).map(String),
      fc.bigInt({ min: 2n ** 63n - 3n, max: 2n ** 63n + 3n }).map(String),
    );
    const end = fc.constantFrom('exit 9', 'stale x', "record '{}'", 'fail E_CONVERGE x');
    const attempts = fc.array(fc.record({ token, end, boots: fc.boolean() }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(attempts, (tries) => {
        restart();
        rmSync(at('lib'), { recursive: true, force: true });
        mkdirSync(at('lib'));
        recorded();
        // Nobody but a boot forgets, and the record is on the disk over that.
        const calls = tries.map(
          ({ token, end, boots }) =>
            `${boots ? `rm -f '${root}/${MEMORY}'\n` : ''}(${fence(token)}; echo 'in ${token}'; ${end})`,
        );
        const said = run(shell, ...calls, 'true');
        let largest = 0n;
        const expected = tries.flatMap(({ token }) => {
          if (BigInt(token) < largest) return [];
          largest = BigInt(token);
          return [`in ${token}`];
        });
        expect(said.filter((line) => line.startsWith('in '))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

it('has nothing that shellcheck would say', () => {
  const { stdout, error } = spawnSync('shellcheck', ['-s', 'sh', shippedPath('templates/guest/converge-fence.sh')], {
    encoding: 'utf8',
  });
  if (error === undefined) expect(stdout).toBe('');
});
