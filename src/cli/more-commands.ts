import { ENGINE_FLAGS, PROFILE_FLAGS } from './command-flags.ts';
import type { CommandSpec } from './command-spec.ts';

/** The commands around the others, in the order of the help. */
export const MORE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'worker',
    summary: 'do what runs with --engine ask for, with the keys and passwords of this machine (docs/engine.md)',
    flags: [
      ...ENGINE_FLAGS,
      ['--forks <n>', 'guests at a time (default: 100)'],
      ['--via <jump hosts>', 'serve only guests behind these, as the inventory names them, or direct', 'many'],
      ['--private-key <file>', 'SSH key for every guest'],
      ['-F, --ssh-config <file>', 'read this ssh_config and no other'],
      ['-K, --ask-become-pass', 'ask for the sudo password (no terminal: $PROVISION_BECOME_PASSWORD)'],
      ['-k, --ask-pass', 'ask for the SSH password (no terminal: $PROVISION_PASSWORD)'],
      ['--handshakes <n>', 'SSH handshakes at a time (default: 25)'],
      ['--accept-new', 'trust host keys that are not known yet; changed ones are always refused'],
      ['-q, --quiet', 'failures only'],
    ],
    examples: [
      'provision worker --engine redis://queue.example.net --forks 100',
      'PROVISION_ENGINE=rediss://fleet@queue.example.net PROVISION_ENGINE_PASSWORD=... provision worker',
      'provision worker --engine redis://queue.example.net --via ops@bastion.example.net',
    ],
    load: async () => (await import('./worker.ts')).run,
  },
  {
    name: 'export',
    summary: "a profile's end state as cloud-init user-data, an Ansible playbook or a script; connects to nothing",
    args: '<profile>',
    flags: [
      ['--format <name>', 'cloud-init, ansible or sh (docs/export.md)'],
      ['--for <system>', 'what it is for: debian12/amd64 (default), ubuntu22.04/arm64, ...'],
      ['--out <file>', 'write it there (default: stdout)'],
      ...PROFILE_FLAGS.slice(0, 2),
    ],
    examples: [
      'provision export debug-panic --format cloud-init --out user-data',
      'provision export debug-panic --format ansible --for debian13/amd64 --out playbook.yaml',
      'provision export debug-panic --format sh --set kdump.crashkernel=256M | ssh root@vm1 sh -s -- --check',
    ],
    load: async () => (await import('./export.ts')).run,
  },
  {
    name: 'self-check',
    summary:
      'what this machine lacks for which part of the work, and the command that mends it; exit 1 when it cannot work',
    flags: [
      ['--to <dir>', 'where fetched dumps are to go (default: ./dumps)'],
      ['--json', 'as JSON'],
      ['--no-color', 'plain text'],
    ],
    examples: ['provision self-check', 'provision self-check --json | jq \'.[] | select(.level != "ok")\''],
    load: async () => (await import('./self-check/self-check.ts')).run,
  },
  {
    name: 'completion',
    summary: 'completion for a shell: commands, flags, profiles, guests and groups',
    args: '<bash|zsh|fish>',
    examples: [
      'source <(provision completion bash)',
      'provision completion zsh >~/.zfunc/_provision',
      'provision completion fish >~/.config/fish/completions/provision.fish',
    ],
    load: async () => (await import('./completion/script.ts')).run,
  },
  {
    name: '__complete',
    summary: 'candidates for the last of some words',
    args: '[word...]',
    hidden: true,
    load: async () => (await import('./completion/complete.ts')).run,
  },
];
