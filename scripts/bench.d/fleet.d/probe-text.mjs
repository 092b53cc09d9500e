// The probe as provision sends it, in the least of a frame: what a loop runs that has nothing around it.
import { profilePlanner } from '../../../dist/cli/planners.js';
import { makeResolver } from '../../../dist/profile/resolve.js';
import { loadKnowledge } from '../../../dist/shipped/catalogue.js';
import { loadProfile } from '../../../dist/shipped/profiles.js';

export function probeText() {
  const shipped = loadKnowledge();
  const choice = { catalogue: shipped.sysctls, sets: ['arm.when=always'], skip: ['kdump', 'trace', 'crash'] };
  const desired = makeResolver(loadProfile('debug-panic'), choice)();
  const text = profilePlanner(() => desired, shipped, false).probe({ name: 'any' });
  return `section() { printf '\\n%s\\n' "$1"; }\nset -u\nmain() {\n${text}\n}\nmain </dev/null\n`;
}
