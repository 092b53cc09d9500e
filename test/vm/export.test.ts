import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SLOW, until, vmUp, type Vm } from './support/vm.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const run = promisify(execFile);
const PROFILE = [
  ...['debug-panic', '--skip', 'trace', '--set', 'crash.tools=[makedumpfile]'],
  ...['--set', 'crash.symbols=controller', '--set', 'arm.after=10s'],
];
/** Only what the export asks for: the machine keeps its network, its users and its host keys. */
const CONFIG = `datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user, power-state-change]
`;
const SEED = '/var/lib/cloud/seed/nocloud';

let vm: Vm;

describe.runIf(SLOW)('a machine that finds exported user-data in its NoCloud seed', () => {
  beforeAll(async () => {
    vm = await vmUp('bare');
  });

  afterAll(async () => {
    await vm.down();
  });

  it('has it when it boots, as an image would', async () => {
    await vm.read(
      'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends cloud-init',
    );
    const { stdout } = await run(process.execPath, [MAIN, 'export', ...PROFILE, '--format', 'cloud-init']);
    const files = {
      '/etc/cloud/cloud.cfg': CONFIG,
      [`${SEED}/meta-data`]: 'instance-id: i1\n',
      [`${SEED}/user-data`]: stdout,
    };
    for (const [path, text] of Object.entries(files)) {
      await vm.read(
        `mkdir -p "$(dirname ${path})" && echo ${Buffer.from(text).toString('base64')} | base64 -d >${path}`,
      );
    }
    expect(await vm.read(`cloud-init schema --config-file ${SEED}/user-data`)).toContain('Valid cloud-config');
    await vm.read('cloud-init clean; sync');
    await vm.kill();
    await vm.start();
  });

  it('is as the profile says after the reboot that cloud-init does, by nobody’s hand', async () => {
    const verified = async (): Promise<string> => {
      const { code, stdout } = await vm.provision('verify', ...PROFILE.slice(0, 1), 'vm1', ...PROFILE.slice(1));
      return `exit ${code}\n${stdout}`;
    };
    // Emulated, and among other machines: two boots, and the packages between them.
    await until(verified, /^exit 0$/m, 1500);
    expect(await vm.read('cat /sys/kernel/kexec_crash_loaded')).toBe('1');
    const armed = (): Promise<string> => vm.read('cat /run/provision/arm /proc/sys/kernel/hung_task_panic');
    await until(armed, / armed [^\n]*\n1$/, 120);
    expect(await vm.read(`ls -A /var/lib/provision 2>/dev/null | wc -l`)).toBe('0');
  });
});
