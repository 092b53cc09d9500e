// The probe as provision sends it: what a loop runs that has nothing around it.
import { profilePlanner } from '../../../dist/cli/planners.js';
import { makeResolver } from '../../../dist/profile/resolve.js';
import { loadKnowledge } from '../../../dist/shipped/catalogue.js';
import { loadProfile } from '../../../dist/shipped/profiles.js';

/** As it is, for a frame. */
export function probeScript() {
  const shipped = loadKnowledge();
  const choice = { catalogue: shipped.sysctls, sets: ['arm.when=always'], skip: ['kdump', 'trace', 'crash'] };
  const desired = makeResolver(loadProfile('debug-panic'), choice)();
  return profilePlanner(() => desired, shipped, false).probe({ name: 'any' });
}

/** In the least of a frame. */
export function probeText() {
  const text = probeScript();
  return `section() { printf '\\n%s\\n' "$1"; }\nset -u\nmain() {\n${text}\n}\nmain </dev/null\n`;
}
