import { writeFileSync } from 'node:fs';
import { ProvisionError } from '../../errors.ts';
import { cell } from '../cells.ts';
import { createPaint } from '../colors.ts';
import { Writer, type Output } from '../writer.ts';

/**
 * Writes a report into a file and says so; `-` is stdout, with nothing said.
 * @throws ProvisionError E_USAGE when the file cannot be written
 */
export function writeReport(path: string, text: string, stdout: Output, stderr: Output): void {
  const writer = new Writer(stdout, stderr);
  if (path === '-') {
    writer.raw(text.trimEnd());
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProvisionError('E_USAGE', `cannot write the report ${path}: ${reason}`, { cause });
  }
  writer.results([[cell(`report: ${path}`)]], createPaint(false));
}
