import { runTool, TOOLS, type ToolAnswer } from '../../local-tool.ts';
import type { Symbols } from '../symbols/symbols.ts';
import type { Work } from '../work.ts';

/** All sections together; reading 10,000 stacks takes a minute or two. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * Reads a dump with drgn. Only the given symbols are loaded: newer releases would otherwise search the network.
 * @param script path of templates/analysis/vmcore.py
 * @throws ProvisionError E_LOCAL_TOOL when drgn is not installed
 */
export function runDrgn(dump: string, { vmlinux, modules }: Symbols, script: string, work: Work): Promise<ToolAnswer> {
  const files = [vmlinux, ...modules].flatMap((file) => ['-s', file]);
  return work.step('reading the dump with drgn', () =>
    runTool(TOOLS.drgn, ['-q', '-c', dump, ...files, '--no-default-symbols', script], {
      signal: work.signal,
      timeoutMs: TIMEOUT_MS,
    }),
  );
}
