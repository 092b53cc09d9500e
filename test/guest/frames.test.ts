import { spawnSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FrameReader, wrapScript } from '../../src/guest/frames.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

interface Told {
  readonly section: string;
  readonly line: string;
}

function read(chunks: readonly Buffer[]): { reader: FrameReader; told: Told[] } {
  const told: Told[] = [];
  const reader = new FrameReader(NONCE, (section, line) => told.push({ section, line }));
  for (const chunk of chunks) reader.push(chunk);
  return { reader, told };
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length));
}

/** Output that is close to frames: newlines, parts of the nonce, frames of other runs. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\n\n',
        `\n${NONCE.slice(0, 20)}`,
        '\nffff section evil\n',
        `${NONCE.slice(1)} end 0\n`,
        ' ',
      ),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''))
  // A nonce is nobody's to know.
  .filter((text) => !text.includes(NONCE))
  .map((text) => Buffer.from(text));
const bytes = fc.oneof(
  hostile,
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
);

describe('FrameReader', () => {
  test('any cutting gives the same sections and lines', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.tuple(fc.constantFrom('os', 'kdump', 'files'), bytes), { maxLength: 5 }),
        fc.array(fc.nat(2000), { maxLength: 30 }),
        (preamble, sections, cuts) => {
          const stream = Buffer.concat([
            preamble,
            Buffer.from(`\n${NONCE} begin\n`),
            ...sections.flatMap(([name, data]) => [Buffer.from(`\n${NONCE} section ${name}\n`), data]),
            Buffer.from(`\n${NONCE} end 7\n`),
            Buffer.from('logout chatter'),
          ]);
          const whole = read([stream]);
          const parts = read(cut(stream, cuts));
          const single = read([...stream].map((byte) => Buffer.from([byte])));
          const wanted = new Map<string, Buffer>();
          for (const [name, data] of sections)
            wanted.set(name, Buffer.concat([wanted.get(name) ?? Buffer.alloc(0), data]));
          for (const { reader, told } of [whole, parts, single]) {
            expect(reader.exitCode).toBe(7);
            expect(new Map(reader.sections)).toEqual(wanted);
            expect(told).toEqual(whole.told);
          }
          const lines = sections.flatMap(([section, data]) => linesOf(data).map((line) => ({ section, line })));
          expect(whole.told).toEqual(lines);
        },
      ),
    );
  });

  test('a line is told before its section ends', () => {
    const { reader, told } = read([Buffer.from(`\n${NONCE} begin\n\n${NONCE} section log\nfirst\n`)]);
    expect(told).toEqual([{ section: 'log', line: 'first' }]);
    reader.push(Buffer.from('\n'));
    expect(told).toEqual([{ section: 'log', line: 'first' }]);
    reader.push(Buffer.from('second\n'));
    expect(told.map(({ line }) => line)).toEqual(['first', '', 'second']);
    expect(reader.exitCode).toBeUndefined();
  });

  test('raw bytes are measured, whatever is in them and however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(bytes, bytes), { maxLength: 4 }),
        fc.array(fc.nat(2000), { maxLength: 30 }),
        (parts, cuts) => {
          const stream = Buffer.concat([
            Buffer.from(`\n${NONCE} begin\n\n${NONCE} section a\n`),
            ...parts.flatMap(([raw, after]) => [Buffer.from(`\n${NONCE} raw ${raw.length}\n`), raw, after]),
            Buffer.from(`\n${NONCE} end 0\n`),
          ]);
          const chunks: Buffer[] = [];
          const reader = new FrameReader(NONCE, undefined, (chunk) => chunks.push(Buffer.from(chunk)));
          for (const chunk of cut(stream, cuts)) reader.push(chunk);
          expect(Buffer.concat(chunks)).toEqual(Buffer.concat(parts.map(([raw]) => raw)));
          expect(reader.sections.get('a')).toEqual(Buffer.concat(parts.map(([, after]) => after)));
          expect([reader.exitCode, reader.rawLeft]).toEqual([0, 0]);
        },
      ),
    );
  });

  test('fewer raw bytes than were announced leave the rest open', () => {
    const { reader } = read([Buffer.from(`\n${NONCE} begin\n\n${NONCE} raw 100\nshort\n${NONCE} end 0\n`)]);
    expect(reader.exitCode).toBeUndefined();
    expect(reader.rawLeft).toBeGreaterThan(0);
  });

  test('what a login shell prints is kept apart', () => {
    const { reader } = read([Buffer.from(`Welcome!\nno newline at the end\n${NONCE} begin\n\n${NONCE} end 0\n`)]);
    expect(reader.preamble).toBe('Welcome!\nno newline at the end');
    expect(reader.sections.size).toBe(0);
  });
});

function linesOf(data: Buffer): string[] {
  const lines: string[] = [];
  let from = 0;
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, from)) {
    lines.push(data.toString('utf8', from, at));
    from = at + 1;
  }
  if (from < data.length) lines.push(data.toString('utf8', from));
  return lines;
}

describe.each(['dash', 'bash'])('a wrapped script in %s', (shell) => {
  const run = (text: string, env: NodeJS.ProcessEnv = process.env): { reader: FrameReader; stderr: string } => {
    const { stdout, stderr } = spawnSync(shell, ['-s'], { input: text, env });
    return { reader: read([stdout]).reader, stderr: stderr.toString() };
  };
  const script = (text: string, env?: NodeJS.ProcessEnv): { reader: FrameReader; stderr: string } =>
    run(wrapScript(text, NONCE), env);

  test('prints sections and its exit code, without a newline of ours', () => {
    const { reader } = script(`section a; printf x; section b; printf 'y\\n\\n'; exit 3`);
    expect(reader.sections).toEqual(new Map([['a', Buffer.from('x')], ['b', Buffer.from('y\n\n')]])); // prettier-ignore
    expect(reader.exitCode).toBe(3);
  });

  test('cut off anywhere, nothing of it runs', () => {
    const text = wrapScript(`section a\necho "it's one"\ncat <<'END'\ndata\nEND\nsection b\necho two`, NONCE);
    const whole = run(text).reader.sections;
    const begins = text.indexOf('eval ');
    for (let length = begins - 20; length < text.length; length += shell === 'dash' ? 1 : 7) {
      const { reader } = run(text.slice(0, length));
      if (reader.sections.size > 0) expect(reader.sections).toEqual(whole);
    }
  });

  test('finds standard input empty and leaves none of the script to its commands', () => {
    const { reader } = script(`section a; cat; echo read; (cat); section b; echo end`);
    expect(reader.sections.get('a')?.toString()).toBe('read\n');
    expect(reader.sections.get('b')?.toString()).toBe('end\n');
  });

  test('has a known environment', () => {
    const { reader } = script(
      `section a; echo "$LC_ALL $(umask) $PWD \${CDPATH-none} \${ENV-none} \${BASH_ENV-none}"; echo "$PATH"`,
      {
        ...process.env,
        LC_ALL: 'de_DE.UTF-8',
        CDPATH: '/usr',
        ENV: '/nowhere',
        BASH_ENV: '/nowhere',
        PATH: '/odd:/bin',
      },
    );
    const [known, path] = reader.sections.get('a')?.toString().split('\n') ?? [];
    expect(known).toBe('C 0022 / none none none');
    expect(path).toMatch(/^\/usr\/local\/sbin:.*\/sbin:\/bin:\/odd:\/bin$/);
  });

  test.each([
    ['a syntax error', 'echo "'],
    ['an unset variable', 'echo $not_set_anywhere'],
    ['set -e', 'set -e; false; echo on'],
  ])('%s has an end and a code', (_name, text) => {
    const { reader } = script(text);
    expect(reader.exitCode).toBeGreaterThan(0);
  });

  test('a subshell may have a trap of its own, and binary data passes', () => {
    const { reader } = script(`section a; (trap 'printf "\\000\\377"' EXIT; printf '\\001'); section b`);
    expect(reader.sections.get('a')).toEqual(Buffer.from([1, 0, 255]));
    expect(reader.exitCode).toBe(0);
  });

  test('hands over raw bytes among its sections', () => {
    const { reader } = script(`section a; echo x; raw 3; printf '\\000\\n\\377'; section b; echo y`);
    expect(reader.sections).toEqual(new Map([['a', Buffer.from('x\n')], ['b', Buffer.from('y\n')]])); // prettier-ignore
  });

  test('half a megabyte of script', () => {
    const data = `it's ${'x'.repeat(95)}\n`.repeat(5000);
    const { reader } = script(`section a\ncat <<'END'\n${data}END`);
    expect(reader.sections.get('a')?.toString()).toBe(data);
  });
});
