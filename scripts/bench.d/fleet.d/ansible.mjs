// ansible-core as its manual tells one to make it fast: with the facts of every guest, as is its default and as provision
// has them, without them, and with mitogen.
import { writeFileSync } from 'node:fs';

const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

/** @param options of ssh: whose key, whose host keys */
export function ansible(lab, guests, state, { forks, options }) {
  const host = ({ name, host: address, port, user }) =>
    `${name} ansible_host=${address} ansible_port=${port} ansible_user=${user}\n`;
  writeFileSync(`${lab}/hosts.ini`, `[fleet]\n${guests.map(host).join('')}`);
  const tasks = tasksOf(lab, state);
  for (const [name, more] of Object.entries({ play: {}, 'no-facts': { gather_facts: false } }))
    writeFileSync(`${lab}/${name}.json`, JSON.stringify([{ hosts: 'fleet', ...more, tasks }], null, 2));
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
  const run = (playbook, config = 'ansible') => ({
    argv: ['ansible-playbook', '-i', `${lab}/hosts.ini`, `${lab}/${playbook}.json`],
    env: { ANSIBLE_CONFIG: `${lab}/${config}.cfg`, ANSIBLE_NOCOLOR: '1' },
    configures: true,
  });
  const core = { program: '/usr/bin/ansible-playbook', package: 'ansible' };
  return {
    ansible: { ...run('play'), ...core },
    'ansible-no-facts': { ...run('no-facts'), ...core },
    mitogen: { ...run('no-facts', 'mitogen'), program: MITOGEN, package: 'ansible-mitogen' },
  };
}

/** A task for the packages, one for each file, one that loops over the settings of each file that has any. */
function tasksOf(lab, { files, settings, packages }) {
  return [
    { 'ansible.builtin.apt': { name: packages, state: 'present', install_recommends: false } },
    ...files.map(({ path: dest, mode }, index) => ({
      'ansible.builtin.copy': { src: `${lab}/file-${index}`, dest, mode, owner: 'root', group: 'root' },
    })),
    ...[...new Set(settings.map(({ file }) => file))].map((path) => ({
      'ansible.posix.sysctl': {
        name: '{{ item.key }}',
        value: '{{ item.value }}',
        sysctl_set: true,
        reload: false,
        sysctl_file: path,
      },
      loop: settings.filter(({ file }) => file === path),
    })),
  ];
}
