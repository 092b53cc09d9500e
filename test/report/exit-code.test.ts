import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { exitCodeFor, exitCodeForError, type ExitOptions, type Outcomes } from '../../src/report/exit-code.ts';

const APPLY: ExitOptions = { dryRun: false, detailedExitcode: false };
const DRY: ExitOptions = { dryRun: true, detailedExitcode: false };
const DETAILED: ExitOptions = { dryRun: true, detailedExitcode: true };

describe('exitCodeFor', () => {
  it.each<[string, Outcomes, ExitOptions, number]>([
    ['all converged', { converged: 2, changed: 1, skipped: 1 }, APPLY, 0],
    ['one failed', { changed: 2, failed: 1 }, APPLY, 1],
    ['one refused', { changed: 2, refused: 1 }, APPLY, 1],
    ['a guest interrupted', { interrupted: 1 }, APPLY, 1],
    ['stopped before all were begun', { unreachable: 1, 'not-begun': 9 }, APPLY, 1],
    ['failed beats unreachable', { failed: 1, unreachable: 3 }, APPLY, 1],
    ['unreachable only', { changed: 2, unreachable: 1 }, APPLY, 4],
    ['unreachable beats drift', { drifted: 2, unreachable: 1 }, APPLY, 4],
    ['drift', { drifted: 1, converged: 1 }, APPLY, 3],
    ['drift beats a pending reboot', { drifted: 1, 'reboot-pending': 1 }, APPLY, 3],
    ['reboot pending', { changed: 1, 'reboot-pending': 1 }, APPLY, 5],
    ['the person stopped it', { failed: 1 }, { ...APPLY, interrupted: true }, 130],
    ['a dry-run with changes', { planned: 2 }, DRY, 0],
    ['a dry-run with refusals only shows', { refused: 1 }, DRY, 0],
    ['a dry-run in detail', { planned: 2, converged: 1 }, DETAILED, 3],
    ['a dry-run in detail without changes', { converged: 1 }, DETAILED, 0],
    ['nothing at all', {}, APPLY, 0],
  ])('%s', (_name, outcomes, options, code) => {
    expect(exitCodeFor(outcomes, options)).toBe(code);
  });
});

describe('exitCodeForError', () => {
  it.each([
    [new ProvisionError('E_USAGE', 'x'), 2],
    [new ProvisionError('E_ENGINE', 'x'), 2],
    [new ProvisionError('E_CONTROL', 'x'), 1],
    [new ProvisionError('E_PROFILE', 'x'), 2],
    [new ProvisionError('E_TIMEOUT', 'x'), 4],
    [new ProvisionError('E_CONVERGE', 'x'), 1],
    [new ProvisionError('E_INTERRUPTED', 'x'), 130],
    [new TypeError('x'), 70],
  ])('%o', (error, code) => {
    expect(exitCodeForError(error)).toBe(code);
  });
});
