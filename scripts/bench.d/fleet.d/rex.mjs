import { mkdirSync, writeFileSync } from 'node:fs';

/** (R)?ex over OpenSSH: one process and one connection for a guest, as many at a time as there are forks. */
export function rex(lab, guests, { files, settings, packages }, { forks }) {
  const folder = `${lab}/rex`;
  mkdirSync(folder, { recursive: true });
  const word = (text) => `'${text.replace(/[\\']/gu, '\\$&')}'`;
  const lines = [
    `use Rex -feature => ['1.4', 'disable_strict_host_key_checking'];`,
    `set connection => 'OpenSSH';`,
    `Rex::Config->set_openssh_opt(UserKnownHostsFile => ${word(`${lab}/known_hosts`)}, StrictHostKeyChecking => 'yes');`,
    `user 'root'; private_key ${word(`${lab}/id_ed25519`)}; public_key ${word(`${lab}/id_ed25519.pub`)}; key_auth;`,
    `parallelism ${forks};`,
    `group fleet => ${guests.map(({ host, port }) => word(`${host}:${port}`)).join(', ')};`,
    `task 'state', group => 'fleet', sub {`,
    `  pkg [${packages.map(word).join(', ')}], ensure => 'present';`,
    ...files.map(
      ({ path, mode }, index) =>
        `  file ${word(path)}, source => ${word(`${lab}/file-${index}`)}, owner => 'root', group => 'root', mode => ${Number(mode)};`,
    ),
    ...settings.map(({ key, value }) => `  sysctl ${word(key)} => ${word(value)};`),
    `};`,
  ];
  writeFileSync(`${folder}/Rexfile`, `${lines.join('\n')}\n`);
  return {
    argv: ['rex', '-q', '-f', `${folder}/Rexfile`, 'state'],
    env: { HOME: lab },
    program: '/usr/bin/rex',
    package: 'rex libnet-openssh-perl libparallel-forkmanager-perl',
    configures: true,
  };
}
