import { existsSync } from 'node:fs';

import { ProvisionError } from '../../errors.ts';
import { explainPiece } from '../../investigate/evidence/explain.ts';
import { explainEvidence } from '../../investigate/evidence/explain-guest.ts';
import { localPieces } from '../../investigate/evidence/local-piece.ts';
import { explainTrace } from '../../investigate/explaining/explain-trace.ts';
import type { Explain } from '../../investigate/stacks/fold.ts';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import { loadExplainKnowledge } from '../../shipped/explain-knowledge.ts';
import { loadWaitKinds } from '../../shipped/wait-kinds.ts';
import type { Flags, Run } from '../command-spec.ts';
import { chooseGuests } from '../guests.ts';
import { reporterFor } from '../output.ts';
import { runGuests } from '../run-guests.ts';
import { choiceOf, lookOf, patienceOf } from './flags.ts';

const COMMAND = 'evidence explain';

/** `provision evidence explain DIR|FILE..`, or `GUEST..` for what is still there. */
export const run: Run = async (invocation) => {
  const { args, flags, stopping } = invocation;
  const choice = choiceOf(flags);
  const paths = args.filter((word) => existsSync(word));
  if (paths.length > 0 && paths.length < args.length) {
    const word = args.find((each) => !paths.includes(each)) ?? '';
    throw new ProvisionError('E_USAGE', `there is no file or folder ${word}`, {
      hint: 'evidence explain takes files and folders of this machine, or guests, not both',
    });
  }
  const knowledge = loadExplainKnowledge();
  const explain: Explain = (trace) => explainTrace(trace, knowledge);
  if (paths.length > 0) return explainHere(paths, flags, explain);
  const guests = await chooseGuests(args, flags);
  const shipped = loadKnowledge();
  const work = explainEvidence({
    look: lookOf(flags, shipped.templates),
    choice,
    kinds: loadWaitKinds(),
    explain,
    templates: shipped.templates,
    limit: undefined,
    stopping,
    reconnectMs: patienceOf(flags),
  });
  return runGuests({ command: COMMAND, guests, shipped, work }, invocation);
};

function explainHere(paths: readonly string[], flags: Flags, explain: Explain): number {
  const kinds = loadWaitKinds();
  const reporter = reporterFor(flags, { command: COMMAND });
  try {
    for (const piece of paths.flatMap(localPieces))
      reporter.emit({ kind: 'guest.evidence-explained', ...explainPiece(piece, kinds, explain, { kept: true }) });
  } finally {
    reporter.finish();
  }
  return 0;
}
