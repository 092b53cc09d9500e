// What a real guest of the lab answers to the probe, before and after a converge.
import { $ } from 'zx';

import { FrameReader, wrapScript } from '../../../dist/guest/frames.js';
import { ours } from '../fleet.d/peers.mjs';
import { probeScript } from '../fleet.d/probe-text.mjs';

const NONCE = 'recorded';

/** @param lab folder of a lab that this may bring up; @returns sections by name, for a fresh and a converged guest */
export async function recordAnswers(lab) {
  const quiet = $({ quiet: true, env: { ...process.env, PROVISION_LAB: lab } });
  await quiet`scripts/lab up 1 --kind light --prefix recorded`;
  const ask = async () => {
    const output = await quiet({ input: wrapScript(probeScript(), NONCE) })`scripts/lab exec recorded1 -- sh -s`;
    const frames = new FrameReader(NONCE);
    frames.push(Buffer.from(output.stdout));
    return Object.fromEntries([...frames.sections].map(([name, bytes]) => [name, bytes.toString()]));
  };
  try {
    const fresh = await ask();
    await quiet`${ours(lab, 1).argv} --no-journal`;
    return { fresh, converged: await ask() };
  } finally {
    await quiet`scripts/lab down`;
  }
}
