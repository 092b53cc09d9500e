import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The Debian mirrors that the machine itself uses, for the suite that is asked for. @param {string} suite */
export function debianSources(suite) {
  const files = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d')];
  const text = files.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')).join('\n');
  const uris = text.match(/https?:\/\/\S+/gu) ?? [];
  const find = (end, otherwise) =>
    uris.find((uri) => !uri.includes('snapshot.') && uri.replace(/\/$/u, '').endsWith(end)) ?? otherwise;
  const mirror = find('/debian', 'http://deb.debian.org/debian');
  const security = find('/debian-security', 'http://deb.debian.org/debian-security');
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    `deb ${security} ${suite}-security main`,
    '',
  ].join('\n');
}

/** Settings without which this machine's mirror would not be usable from the guests either. */
export function keptAptOptions() {
  return execFileSync('apt-config', ['dump'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^Acquire::(?:Check-Valid-Until|Check-Date|https?::Proxy) /u.test(line))
    .map((line) => line.replace(/;$/u, ''));
}

const listed = (directory) =>
  fs.existsSync(directory) ? fs.readdirSync(directory).map((name) => path.join(directory, name)) : [];
