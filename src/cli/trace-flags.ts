import { ProvisionError } from '../errors.ts';
import {
  MODES,
  STATE_BITS,
  type StateLetter,
  type Target,
  type TraceMode,
  type TraceRequest,
} from '../investigate/trace-tools/request.ts';
import { TOOLS } from '../investigate/trace-tools/rules.ts';
import { durationFlag, textFlag } from './flags.ts';
import type { Flags } from './program.ts';

const DEFAULT_MS = 10_000;
/** Whoever needs longer has a fault that comes seldom: that is for the watcher, not for a session. */
const MOST_MS = 3_600_000;
/** What the kernel keeps of a name. */
const COMM_BYTES = 15;

/** What the flags ask for. @throws ProvisionError E_USAGE for what no trace can be of */
export function traceRequest(mode: string, flags: Flags): TraceRequest {
  if (!(MODES as readonly string[]).includes(mode))
    throw new ProvisionError('E_USAGE', `trace takes ${MODES.join(', ')}, not "${mode}"`, {
      hint: 'provision trace --help',
    });
  const durationMs = durationFlag(flags, 'duration', DEFAULT_MS);
  if (durationMs > MOST_MS)
    throw new ProvisionError('E_USAGE', '--duration takes 1h at most: a trace costs its guest something all the time');
  return {
    mode: mode as TraceMode,
    target: targetOf(flags),
    states: statesOf(textFlag(flags, 'state')),
    durationMs,
    minUs: textFlag(flags, 'min') === undefined ? 0 : durationFlag(flags, 'min', 0) * 1000,
    userStacks: flags['userStacks'] === true,
    tool: toolOf(textFlag(flags, 'tool')),
  };
}

function targetOf(flags: Flags): Target {
  const given = ['process', 'pid', 'tid', 'cgroup'].filter((name) => textFlag(flags, name) !== undefined);
  if (given.length > 1)
    throw new ProvisionError('E_USAGE', `${given.map((name) => `--${name}`).join(' and ')} do not go together`);
  const comm = textFlag(flags, 'process');
  if (comm !== undefined) return { kind: 'process', comm: commOf(comm) };
  const path = textFlag(flags, 'cgroup');
  if (path !== undefined) return { kind: 'cgroup', path: cgroupOf(path) };
  for (const kind of ['pid', 'tid'] as const) {
    const text = textFlag(flags, kind);
    if (text === undefined) continue;
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new ProvisionError('E_USAGE', `--${kind} takes a number, not "${text}"`);
    return { kind, id: Number(text) };
  }
  return { kind: 'all' };
}

function commOf(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (text === '' || /[\n\0]/.test(text)) throw new ProvisionError('E_USAGE', '--process takes a name');
  if (bytes.length <= COMM_BYTES) return text;
  throw new ProvisionError(
    'E_USAGE',
    `the kernel keeps ${COMM_BYTES} bytes of a name, and "${text}" has ${bytes.length}`,
    {
      hint: `--process '${bytes.subarray(0, COMM_BYTES).toString('utf8')}'`,
    },
  );
}

function cgroupOf(text: string): string {
  const path = text.replace(/^\/sys\/fs\/cgroup/, '').replaceAll(/^\/+|\/+$/g, '');
  if (path.split('/').includes('..') || /[\n\0]/.test(path))
    throw new ProvisionError('E_USAGE', `--cgroup takes a path below /sys/fs/cgroup, not "${text}"`);
  return path;
}

function statesOf(text: string | undefined): readonly StateLetter[] | null {
  if (text === undefined) return null;
  const letters = [...new Set(text.replaceAll(',', ''))];
  const wrong = letters.filter((letter) => !Object.hasOwn(STATE_BITS, letter));
  if (letters.length === 0 || wrong.length > 0)
    throw new ProvisionError(
      'E_USAGE',
      `--state takes letters of ps: ${Object.keys(STATE_BITS).join(' ')}; not "${wrong.join('') || text}"`,
    );
  return letters as StateLetter[];
}

function toolOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if ((TOOLS as readonly string[]).includes(text)) return text;
  throw new ProvisionError('E_USAGE', `--tool takes ${TOOLS.join(', ')}, not "${text}"`);
}
