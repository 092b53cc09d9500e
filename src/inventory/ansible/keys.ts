import { pathProblem, profilePaths, profileSections } from '../../profile/paths.ts';
import { closest } from '../../yaml/suggest.ts';

/** Ansible's variables that say how a guest is reached. Where two mean the same, the first wins, as in its ssh plugin. */
export const CONNECTION_KEYS = {
  host: ['ansible_ssh_host', 'ansible_host'],
  port: ['ansible_ssh_port', 'ansible_port'],
  user: ['ansible_ssh_user', 'ansible_user'],
  identityFile: ['ansible_ssh_private_key_file', 'ansible_private_key_file'],
  become: ['ansible_become'],
  becomeUser: ['ansible_become_user'],
  becomeMethod: ['ansible_become_method'],
  connection: ['ansible_connection'],
  sshArgs: ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'],
} as const;

const CONNECTION: ReadonlySet<string> = new Set(Object.values(CONNECTION_KEYS).flat());

/** The variable that holds a mapping of overrides. */
export const OVERRIDES_KEY = 'provision';

/** Whether a variable means something to provision. All others belong to somebody's playbooks. */
export function isOurs(key: string): boolean {
  return CONNECTION.has(key) || isOverride(key);
}

/** `provision`, or a path of a profile: Ansible's own variables have no dots. A near miss of a path counts. */
export function isOverride(key: string): boolean {
  if (key === OVERRIDES_KEY) return true;
  const dot = key.indexOf('.');
  if (dot < 1) return false;
  if (profileSections().includes(key.slice(0, dot)) || pathProblem(key) === null) return true;
  return (
    closest(
      key,
      profilePaths().map(({ path }) => path),
    ) !== undefined
  );
}
