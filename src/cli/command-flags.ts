/** One flag as commander takes it. */
export type FlagSpec = readonly [flags: string, description: string, extra?: 'many' | 'hidden'];

export const PROFILE_FLAGS: readonly FlagSpec[] = [
  ['--set <path=value>', 'override one setting: --set hung_task.timeout=120s', 'many'],
  ['--skip <section>', 'leave sections out: kdump, crash, trace, ...', 'many'],
  ['--adopt', 'comment out settings of other files that beat ours at boot (a backup is kept)'],
];

export const REBOOT_FLAGS: readonly FlagSpec[] = [
  ['--reboot', 'reboot guests where one is pending, and wait until they are up and armed (docs/reboot.md)'],
  ['--reboot-timeout <duration>', 'how long a guest may take to come back (default: 10m)'],
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
];
