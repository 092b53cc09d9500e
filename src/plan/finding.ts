import type { Finding } from './plan.ts';

/** What stops an apply, and what to do about it. */
export function refusal(code: string, subject: string, text: string, hint: string): Finding {
  return { level: 'refusal', code, subject, text, hint };
}

/** What a person should know before the plan is carried out. */
export function note(code: string, subject: string, text: string, hint: string): Finding {
  return { level: 'note', code, subject, text, hint };
}
