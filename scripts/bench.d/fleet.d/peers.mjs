// What else people bring a fleet to a state with, and the loops that only connect. Every one is told the same: these guests,
// this key, these host keys, and of the state one file and the live kernel settings in it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';
/** The sections that need packages or a boot loader are left out: a light guest has neither. */
const SECTIONS = ['kdump', 'trace', 'crash'];
export const SETTINGS = [...SECTIONS.flatMap((section) => ['--skip', section]), '--set', 'arm.when=always'];

/** The desired state as provision means it: the files it would write and the settings it would make live. */
export function stateOf(plan) {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  return {
    files: steps.filter(({ kind }) => kind === 'file').map((step) => ({ path: step.path, ...step.after })),
    settings: steps
      .filter(({ kind }) => kind === 'sysctl' || kind === 'armed')
      .map(({ key, after }) => ({ key, value: after })),
  };
}

export function ours(lab, forks) {
  const argv = (command) => [
    'node',
    'dist/main.js',
    command,
    'debug-panic',
    '--yes',
    '-q',
    '-i',
    `${lab}/inventory.yaml`,
    '-F',
    `${lab}/ssh_config`,
    ...SETTINGS,
  ];
  return { argv: [...argv('apply'), '--forks', String(forks)], plan: argv('plan') };
}

export function loop(lab) {
  return {
    argv: ['node', 'scripts/bench.d/bare-loop.mjs', '--guests', `${lab}/all.json`, '--key', `${lab}/id_ed25519`],
  };
}

export function probeLoop(lab) {
  const { argv } = loop(lab);
  return { argv: [...argv, '--probe', `${lab}/probe.sh`] };
}

/** @param guests name, host, port, user */
export function writePeers(lab, guests, state, forks) {
  const options = `-o UserKnownHostsFile=${lab}/known_hosts -o StrictHostKeyChecking=yes -i ${lab}/id_ed25519`;
  writeFileSync(
    `${lab}/hosts.ini`,
    `[fleet]\n${guests.map(({ name, host, port, user }) => `${name} ansible_host=${host} ansible_port=${port} ansible_user=${user}`).join('\n')}\n`,
  );
  writeFileSync(`${lab}/play.json`, JSON.stringify([playbook(lab, state)], null, 2));
  for (const [index, { text }] of state.files.entries()) writeFileSync(`${lab}/file-${index}`, text);
  for (const mitogen of [false, true]) {
    const lines = [
      '[defaults]',
      `forks = ${forks}`,
      'host_key_checking = True',
      'retry_files_enabled = False',
      'interpreter_python = /usr/bin/python3',
      ...(mitogen ? [`strategy_plugins = ${MITOGEN}`, 'strategy = mitogen_linear'] : []),
      '[ssh_connection]',
      'pipelining = True',
      `ssh_args = -F /dev/null -o ControlMaster=auto -o ControlPersist=60s ${options}`,
      `control_path_dir = ${lab}/cm`,
    ];
    writeFileSync(`${lab}/${mitogen ? 'mitogen' : 'ansible'}.cfg`, lines.join('\n') + '\n');
  }
  mkdirSync(`${lab}/cm`, { recursive: true, mode: 0o700 });
  writeFileSync(
    `${lab}/client_config`,
    `Host *\n  User root\n  Port ${guests[0].port}\n  IdentityFile ${lab}/id_ed25519\n  UserKnownHostsFile ${lab}/known_hosts\n`,
  );
  const hosts = guests.map(({ host }) => host).join(',');
  const play = (config) => ({
    argv: ['ansible-playbook', '-i', `${lab}/hosts.ini`, `${lab}/play.json`],
    env: { ANSIBLE_CONFIG: `${lab}/${config}.cfg`, ANSIBLE_NOCOLOR: '1' },
  });
  return {
    ansible: { ...play('ansible'), program: '/usr/bin/ansible-playbook', package: 'ansible', configures: true },
    mitogen: { ...play('mitogen'), program: MITOGEN, package: 'ansible-mitogen', configures: true },
    cdist: { ...cdist(lab, guests, state, forks), program: '/usr/bin/cdist', package: 'cdist', configures: true },
    clush: {
      argv: ['clush', '-S', '-f', String(forks), '-o', `-F ${lab}/client_config`, '-w', hosts, 'true'],
      program: '/usr/bin/clush',
      package: 'clustershell',
      configures: false,
    },
    pdsh: {
      argv: ['pdsh', '-S', '-R', 'ssh', '-f', String(forks), '-w', hosts, 'true'],
      env: { PDSH_SSH_ARGS_APPEND: `-F ${lab}/client_config` },
      program: '/usr/bin/pdsh',
      package: 'pdsh',
      configures: false,
    },
  };
}

export const isInstalled = ({ program }) => existsSync(program);

/** A task for each file, and one that loops over the settings: the module checks the live value and the file's line. */
function playbook(lab, { files, settings }) {
  return {
    hosts: 'fleet',
    gather_facts: false,
    tasks: [
      ...files.map(({ path: dest, mode }, index) => ({
        'ansible.builtin.copy': { src: `${lab}/file-${index}`, dest, mode, owner: 'root', group: 'root' },
      })),
      {
        'ansible.posix.sysctl': {
          name: '{{ item.key }}',
          value: '{{ item.value }}',
          sysctl_set: true,
          reload: false,
          sysctl_file: files[0].path,
        },
        loop: settings.filter(({ key }) => files[0].text.includes(key)),
      },
      {
        'ansible.posix.sysctl': {
          name: '{{ item.key }}',
          value: '{{ item.value }}',
          sysctl_set: true,
          reload: false,
          sysctl_file: '/etc/peer-armed.conf',
        },
        loop: settings.filter(({ key }) => !files[0].text.includes(key)),
      },
    ],
  };
}

/** cdist writes files by itself; of live settings it knows none, so it has less to do than the others. */
function cdist(lab, guests, { files }, forks) {
  const conf = path.join(lab, 'cdist');
  mkdirSync(`${conf}/manifest`, { recursive: true });
  writeFileSync(
    `${conf}/manifest/init`,
    files
      .map(({ path: dest, mode }, index) => `__file ${dest} --source ${lab}/file-${index} --mode ${mode}\n`)
      .join(''),
    { mode: 0o755 },
  );
  // Its explorers would run into MaxStartups without one connection for all of them.
  const master = `-o ControlMaster=auto -o ControlPersist=60 -o ControlPath=${lab}/cm/cdist-%h`;
  const ssh = `ssh -F ${lab}/client_config ${master}`;
  return {
    argv: [
      'cdist',
      'config',
      '-q',
      '-p',
      String(forks),
      '-c',
      conf,
      '-i',
      `${conf}/manifest/init`,
      '--remote-exec',
      ssh,
      '--remote-copy',
      `scp -F ${lab}/client_config ${master} -q`,
      ...guests.map(({ host }) => host),
    ],
    env: { HOME: lab },
  };
}
