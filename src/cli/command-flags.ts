/** One flag as commander takes it. */
export type FlagSpec = readonly [flags: string, description: string, extra?: 'many' | 'hidden'];

export const INVENTORY_FLAGS: readonly FlagSpec[] = [
  [
    '-i, --inventory <file>',
    'inventory, several times if need be (default: $PROVISION_INVENTORY or ./inventory.yaml)',
    'many',
  ],
  ['-l, --limit <pattern>', 'only the guests that this matches too'],
];

/** Of commands that talk to guests. */
export const CONNECTION_FLAGS: readonly FlagSpec[] = [
  ...INVENTORY_FLAGS,
  ['-u, --user <name>', 'SSH user'],
  ['--private-key <file>', 'SSH key'],
  ['-J, --jump <hosts>', 'reach guests through these: [user@]host[:port],... or none'],
  ['--transport <name>', 'ssh, or openssh: the ssh program of this machine (docs/ssh.md)'],
  ['-b, --become', 'run through sudo'],
  ['-F, --ssh-config <file>', 'read this ssh_config and no other'],
  ['-K, --ask-become-pass', 'ask for the sudo password (no terminal: $PROVISION_BECOME_PASSWORD)'],
  ['-k, --ask-pass', 'ask for the SSH password (no terminal: $PROVISION_PASSWORD)'],
  ['--forks <n>', 'guests at a time (default: 50)'],
  ['--handshakes <n>', 'SSH handshakes at a time, through each jump host too (default: 25)'],
  ['--timeout <duration>', 'how long a guest may take to connect and answer (default: 60s)'],
  ['--accept-new', 'trust host keys that are not known yet; changed ones are always refused'],
  ['--yes', 'no question before the whole inventory is touched'],
  ['--json', 'NDJSON events on stdout (docs/events.md)'],
  ['-q, --quiet', 'failures and the summary only'],
  ['-v, --verbose', 'steps and output of guests as they come'],
  ['--no-color', 'no colour; so does $NO_COLOR'],
];

export const PROFILE_FLAGS: readonly FlagSpec[] = [
  ['--set <path=value>', 'override one setting: --set hung_task.timeout=120s', 'many'],
  ['--skip <section>', 'leave sections out: kdump, crash, trace, ...', 'many'],
  ['--adopt', 'comment out settings of other files that beat ours at boot (a backup is kept)'],
];

export const REBOOT_FLAGS: readonly FlagSpec[] = [
  ['--reboot', 'reboot guests where one is pending, and wait until they are up and armed (docs/reboot.md)'],
  ['--reboot-timeout <duration>', 'how long a guest may take to come back (default: 10m)'],
];

export const JOURNAL_FLAGS: readonly FlagSpec[] = [
  ['--runs-dir <dir>', 'where runs are written down (default: $PROVISION_RUNS or .provision/runs)'],
  ['--no-journal', 'write nothing down: this run cannot be resumed'],
];

/** Of commands that a queue can carry out. */
export const ENGINE_FLAGS: readonly FlagSpec[] = [
  ['--engine <url>', 'through the queue on this Redis: redis://[user@]host[:port][/db] or rediss://.. (docs/redis.md)'],
  ['--engine-password-file <file>', 'password of that Redis (default: $PROVISION_ENGINE_PASSWORD)'],
];

export const ROLLOUT_FLAGS: readonly FlagSpec[] = [
  ['--canary <n>', 'guests that go first, alone; one that fails ends the rollout (docs/rollout.md)'],
  ['--batch <sizes>', 'guests at once: 10, 25%, or a ramp: 1,5,25%,100% (the last one repeats)'],
  ['--pause <duration>', 'wait between batches'],
  ['--max-failures <n|n%>', 'stop when so many guests of the fleet have failed; 0: at the first'],
  ['--order <order>', 'inventory (default), sorted, shuffled or shuffled:SEED'],
  ['--serial-by <label>', 'one group at a time: --serial-by hypervisor'],
  ['--gate', 'between batches: the guests of the batch must pass verify'],
  ['--gate-command <command>', 'between batches: this must end with 0, on this machine'],
  ['--guest-timeout <duration>', 'give a guest up after this long (default: 1h)'],
  ['--step-timeout <duration>', 'give a guest up whose step takes longer (default: 30m)'],
  ['--wait', 'a guest that another rollout works on: wait until that has ended (default: E_LOCKED)'],
  ...JOURNAL_FLAGS,
];
