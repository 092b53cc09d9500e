// Three guests with a real systemd and sshd in namespaces (docs/lab.md): dry-run, apply, verify, a second apply, a drift and
// its repair, the gate, rollback. What is printed is what the commands print.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { $, chalk } from 'zx';

const root = path.join(import.meta.dirname, '..');
const lab = mkdtempSync(path.join(tmpdir(), 'provision-demo-'));
process.env.PROVISION_LAB = lab;
$.cwd = root;
$.verbose = false;

const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;

function title(text) {
  console.log(chalk.bold(`\n== ${text}`) + chalk.dim(`  (${seconds()})`));
}

/** Runs provision with its output on this terminal; an exit code that the story does not expect ends it. */
async function provision(args, expected = [0]) {
  console.log(chalk.cyan(`$ provision ${args.join(' ')}`));
  const all = [...args, '-i', path.join(lab, 'inventory.yaml'), '-F', path.join(lab, 'ssh_config')];
  const { exitCode } = await $({ nothrow: true, stdio: 'inherit' })`node dist/main.js ${all}`;
  console.log(chalk.dim(`exit ${exitCode}`));
  if (!expected.includes(exitCode)) throw new Error(`expected exit ${expected.join(' or ')}`);
}

async function inGuest(name, text) {
  console.log(chalk.cyan(`[${name}]# ${text}`));
  await $({ stdio: 'inherit' })`scripts/lab exec ${name} -- sh -c ${text}`;
}

/** Waits for a line of the gate's status, not for time. */
async function gateSays(name, word) {
  const text = `until grep -q " ${word}" /run/provision/arm 2>/dev/null; do sleep 0.1; done; cat /run/provision/arm`;
  const { stdout } = await $({ timeout: '60s' })`scripts/lab exec ${name} -- sh -c ${text}`;
  console.log(stdout.trim());
}

async function story() {
  title('Build, and three guests on loopback');
  await $`npm run --silent build`;
  await $({ stdio: 'inherit' })`scripts/lab up 3 --kind full --prefix vm`;

  title('What would be done: lab guests have no bootloader, so crashkernel= is refused, and the plan is shown whole');
  await provision(['apply', 'debug-panic', 'vm1', 'vm2', 'vm3', '--dry-run']);

  const settings = ['--skip', 'kdump', '--set', 'arm.after=0s'];
  title('Apply, without the part that needs a bootloader');
  await provision(['apply', 'debug-panic', '--yes', ...settings]);

  title('Verify: as desired, and the gate keeps the panic settings back until a crash kernel is loaded');
  await provision(['verify', 'debug-panic', ...settings]);

  title('A second apply has nothing to do');
  await provision(['apply', 'debug-panic', '--yes', ...settings]);

  title('A crash kernel is loaded on vm1 (the lab lets us say so): the gate arms it');
  await inGuest('vm1', 'echo 1 >/sys/kernel/kexec_crash_loaded');
  await gateSays('vm1', 'armed');
  await inGuest('vm1', 'grep -H . /proc/sys/kernel/hung_task_panic /proc/sys/kernel/panic_on_oops');

  title('Somebody changes vm2 by hand: verify says what, apply mends it');
  await inGuest(
    'vm2',
    'echo 438 >/proc/sys/kernel/sysrq; sed -i s/=.60/=\\ 120/ /etc/sysctl.d/60-provision-debug-panic.conf',
  );
  await provision(['verify', 'debug-panic', ...settings], [3]);
  await provision(['apply', 'debug-panic', 'vm2', ...settings]);

  title('Everything is taken back');
  await provision(['rollback', '--yes', '--purge', '-q']);
  await inGuest('vm1', 'ls /etc/sysctl.d /etc/systemd/system | grep provision; grep -H . /proc/sys/kernel/sysrq');
}

let code = 0;
try {
  await story();
} catch (error) {
  console.error(chalk.red(`the demo failed: ${error.message}`));
  code = 1;
} finally {
  title('Stopping the guests');
  await $({ nothrow: true, stdio: 'inherit' })`scripts/lab down`;
  rmSync(lab, { recursive: true, force: true });
  console.log(`done in ${seconds()}`);
}
process.exitCode = code;
