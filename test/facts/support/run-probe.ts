import { execFileSync } from 'node:child_process';

import { probeScript, type ProbeWants } from '../../../src/facts/probe-script.ts';
import type { Sections } from '../../../src/facts/sections.ts';
import { FrameReader, wrapScript } from '../../../src/guest/frames.ts';
import { loadKnowledge } from '../../../src/shipped/catalogue.ts';

export const NOTHING: ProbeWants = { sysctls: [], drivers: [], packages: [], directories: [], units: [] };

/**
 * Runs parts of the probe in a real shell.
 * @param from its first part, with all up to but not including the part `to`
 * @param edit where the text looks, for a test that has files of its own
 */
export function runProbe(
  from: string,
  to: string,
  { wants, edit = (text) => text }: { wants?: Partial<ProbeWants>; edit?: (text: string) => string } = {},
): Sections {
  const probe = loadKnowledge().templates['probe.sh']!;
  const functions = probe.slice(0, probe.indexOf('part host'));
  const parts = probe.slice(probe.indexOf(`part ${from}\n`), probe.indexOf(`part ${to}\n`));
  const script = probeScript(`${functions}${edit(parts)}told\n`, { ...NOTHING, ...wants });
  const frames = new FrameReader('frame');
  frames.push(execFileSync('dash', [], { input: wrapScript(script, 'frame') }));
  return frames.sections;
}
