const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whole numbers with units, largest first: `60s`, `1h30m`. Seconds are the smallest that any setting here can hold. */
export const DURATION = /^(?=\d)(?:\d{1,6}d)?(?:\d{1,6}h)?(?:\d{1,6}m)?(?:\d{1,9}s)?$/;

/** Seconds of a duration such as `90s`, `2m` or `1h30m`; null when it is not one. */
export function durationSeconds(text: string): number | null {
  if (!DURATION.test(text)) return null;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)([smhd])/g))
    seconds += Number(number) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  return seconds;
}
