// The probe as provision sends it: what a loop runs that has nothing around it.
import { profilePlanner } from '../../../dist/cli/planners.js';
import { makeResolver } from '../../../dist/profile/resolve.js';
import { loadKnowledge } from '../../../dist/shipped/catalogue.js';
import { loadProfile } from '../../../dist/shipped/profiles.js';
import { SETTINGS } from './peers.mjs';

/** @param settings the flags of an apply that choose; @returns the probe as it is, for a frame */
export function probeScript(settings = SETTINGS) {
  const shipped = loadKnowledge();
  const given = (flag) => settings.filter((_word, index) => settings[index - 1] === flag);
  const choice = { catalogue: shipped.sysctls, sets: given('--set'), skip: given('--skip') };
  const desired = makeResolver(loadProfile('debug-panic'), choice)();
  return profilePlanner(() => desired, shipped, false).probe({ name: 'any' });
}

/** In the least of a frame. */
export function probeText(settings = SETTINGS) {
  const text = probeScript(settings);
  return `FRAME=frame\nset -u\nmain() {\n${text}\n}\nmain </dev/null\n`;
}
