import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is on this machine that the questions can offer. */
export interface Surroundings {
  /** Host names of ~/.ssh/config that stand for one machine. */
  readonly sshHosts: readonly string[];
  /** Private keys in ~/.ssh, as a person writes them: `~/.ssh/id_ed25519`. */
  readonly keys: readonly string[];
}

/** Reads ~/.ssh. Nothing there is needed, so what cannot be read is not offered. */
export function readSurroundings(home: string): Surroundings {
  const directory = join(home, '.ssh');
  return { sshHosts: hostsOf(readText(join(directory, 'config'))), keys: keysIn(directory) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Patterns and negations stand for many machines, or none. */
function hostsOf(config: string): string[] {
  const names = config.split('\n').flatMap((line) => {
    const match = /^\s*host(?:\s*=\s*|\s+)(.+?)\s*$/i.exec(line);
    return (match?.[1] ?? '').split(/\s+/).map((name) => name.replace(/^"|"$/g, ''));
  });
  return [...new Set(names)].filter((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name));
}

function keysIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  try {
    const names = new Set(readdirSync(directory));
    return [...names]
      .filter((name) => names.has(`${name}.pub`))
      .sort()
      .map((name) => `~/.ssh/${name}`);
  } catch {
    return [];
  }
}
