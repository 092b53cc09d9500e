import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool, TOOLS, type ToolAnswer } from '../../local-tool.ts';
import type { Symbols } from '../symbols/symbols.ts';
import type { Work } from '../work.ts';
import { CRASH_COMMANDS, crashInput } from './crash-answer.ts';

/** It reads every symbol of the vmlinux first, which takes 10 to 30 s. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Reads a dump with crash, as a second opinion.
 * @throws ProvisionError E_LOCAL_TOOL when crash is not installed or does not end
 */
export async function runCrash(dump: string, { vmlinux }: Symbols, work: Work): Promise<ToolAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'provision-crash-'));
  try {
    const input = join(folder, 'commands');
    writeFileSync(input, crashInput(CRASH_COMMANDS));
    return await work.step('asking crash for a second opinion', () =>
      runTool(TOOLS.crash, ['--no_crashrc', '-s', '-i', input, vmlinux, dump], {
        signal: work.signal,
        timeoutMs: TIMEOUT_MS,
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
