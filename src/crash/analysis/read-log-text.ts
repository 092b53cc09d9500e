import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DumpFiles } from './dump-file.ts';
import { runTool, TOOLS } from '../local-tool.ts';
import type { OpenDump } from './open-dump.ts';
import type { Work } from './work.ts';

/**
 * The kernel log of a dump: what kdump-tools saved beside it, else what makedumpfile gets out of the dump without any
 * symbols; null when it gets none (a kernel newer than it knows).
 */
export async function readLogText({ dmesg }: DumpFiles, dump: OpenDump, work: Work): Promise<string | null> {
  if (dmesg !== null) {
    const started = performance.now();
    const text = readFileSync(dmesg, 'utf8');
    work.source({ tool: 'kdump-tools', what: 'saved the kernel log', ms: Math.round(performance.now() - started) });
    return text;
  }
  const folder = mkdtempSync(join(tmpdir(), 'provision-dmesg-'));
  try {
    const target = join(folder, 'dmesg');
    const answer = await work.step('reading the kernel log', () =>
      runTool(TOOLS.makedumpfile, ['--dump-dmesg', dump.path, target], { signal: work.signal }),
    );
    if (answer.code !== 0 || !existsSync(target)) return null;
    work.source({ tool: 'makedumpfile', what: 'read the kernel log', ms: answer.ms });
    return readFileSync(target, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
