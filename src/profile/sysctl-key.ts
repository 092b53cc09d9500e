const PART = String.raw`[A-Za-z0-9_][A-Za-z0-9_:@+-]*`;
const DOTTED = new RegExp(String.raw`^${PART}([./]${PART})+$`);

/**
 * The one spelling of a sysctl key: `kernel/panic` is `kernel.panic`. Whichever separator comes first separates, and the
 * other one is part of a name: `net/ipv4/conf/eth0.1/rp_filter` is `net.ipv4.conf.eth0/1.rp_filter` (sysctl.d(5)).
 */
export function sysctlKey(text: string): string {
  const slash = text.indexOf('/');
  const dot = text.indexOf('.');
  if (slash < 0 || (dot >= 0 && dot < slash)) return text;
  return text.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

/** What is wrong with a key as a profile may write it; null when nothing is. */
export function sysctlKeyProblem(text: string): { message: string; hint: string } | null {
  if (text.startsWith('-')) {
    return {
      message: 'a "-" before a key hides every failure to set it',
      hint: 'leave it out: a key that a kernel lacks is skipped there and reported',
    };
  }
  if (text.includes('*')) {
    return { message: 'patterns are not taken as keys', hint: 'name each key, so that it can be undone' };
  }
  if (DOTTED.test(text) && text.length <= 200) return null;
  return { message: 'this is not a sysctl key', hint: 'a key is written kernel.panic or kernel/panic' };
}
