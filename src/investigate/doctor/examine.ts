import { armedChecks, crashChecks, diskChecks, kdumpChecks } from './capture-checks.ts';
import type { Checkup, Examine, Patient } from './checkup.ts';
import { kernelChecks, noticeChecks, sightChecks, sysrqChecks } from './system-checks.ts';
import { readerChecks, symbolChecks, traceChecks } from './tool-checks.ts';

/** In the order of the page: what runs, what would be noticed, what would be kept, what it is read with. */
const CHECKS: readonly Examine[] = [
  kernelChecks,
  sightChecks,
  noticeChecks,
  sysrqChecks,
  kdumpChecks,
  diskChecks,
  armedChecks,
  crashChecks,
  symbolChecks,
  readerChecks,
  traceChecks,
];

/** The page of one guest. A container has no kernel of its own, so nothing else is worth a look there. */
export function examine(patient: Patient): Checkup[] {
  if (patient.facts.container !== null) return [...kernelChecks(patient)];
  return CHECKS.flatMap((check) => check(patient));
}
