import { mkdirSync, writeFileSync } from 'node:fs';

/** cdist keeps the settings in /etc/sysctl.conf as well; it has no other place for them. */
export function cdist(lab, guests, { files, settings, packages }, { forks }) {
  const conf = `${lab}/cdist`;
  mkdirSync(`${conf}/manifest`, { recursive: true });
  const lines = [
    '#!/bin/sh',
    ...packages.map((name) => `__package_apt ${name} --state present`),
    ...files.map(({ path: dest, mode }, index) => `__file ${dest} --source ${lab}/file-${index} --mode ${mode}`),
    ...settings.map(({ key, value }) => `__sysctl ${key} --value ${value}`),
  ];
  writeFileSync(`${conf}/manifest/init`, `${lines.join('\n')}\n`, { mode: 0o755 });
  // A connection for each of its hundred calls of ssh would run into MaxStartups.
  const master = `-o ControlMaster=auto -o ControlPersist=60 -o ControlPath=${lab}/cm/cdist-%h`;
  const [exec, copy] = ['ssh', 'scp'].map((program) => `${program} -F ${lab}/client_config ${master} -q`);
  return {
    argv: ['cdist', 'config', '-q', '-p', String(forks), '-c', conf, '-i', `${conf}/manifest/init`]
      .concat(['--remote-exec', exec, '--remote-copy', copy])
      .concat(guests.map(({ host }) => host)),
    env: { HOME: lab },
    program: '/usr/bin/cdist',
    package: 'cdist',
    configures: true,
  };
}
