import type { Facts } from './facts.ts';
export function kdumpReadiness(facts: Facts): { state: string; reason: string; hint: string } {
  return facts.kexec.crashLoaded === true
    ? { state: 'ready', reason: '', hint: '' }
    : { state: 'not-loaded', reason: 'no crash kernel is loaded', hint: '' };
}
