import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/journal/record.ts';
import { renderJunit } from '../../../src/report/run/junit.ts';
import { tellRun } from '../../../src/report/run/run-story.ts';
import { everyOutcome, manyGuests, saying } from './records.ts';

const SCHEMA = 'test/fixtures/report/junit.xsd';
const junit = (record: RunRecord): string => renderJunit(tellRun(record));

/** What libxml2 says about a document; empty when it is valid. */
function complaints(xml: string): string {
  const { status, stderr, error } = spawnSync('xmllint', ['--noout', '--schema', SCHEMA, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  if (error) throw error;
  return status === 0 ? '' : stderr;
}

describe('JUnit', () => {
  it('has a case for every guest, in the order of the run', async () => {
    const xml = junit(everyOutcome());
    expect(complaints(xml)).toBe('');
    await expect(xml).toMatchFileSnapshot('../../golden/report/every-outcome.junit.xml');
  });

  it('is valid for many guests', () => {
    expect(complaints(junit(manyGuests(500)))).toBe('');
  });

  it('says of a guest that a dry-run would refuse that it was skipped', () => {
    const { events, ...record } = everyOutcome();
    const dry = events.map(({ at, event }) => ({
      at,
      event: event.kind === 'guest.plan' ? { ...event, dryRun: true } : event,
    }));
    expect(junit({ ...record, events: dry })).toMatch(/name="vm7"[^>]*><skipped message="no GRUB/);
  });

  it('can be read whatever the guests print', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(']]>', '<![CDATA[', '&#0;', '\ufffe\uffff', '\ud800', '\u0000\u0008\u001b[31m', '"><failure/>'),
    );
    fc.assert(
      fc.property(text, (words) => complaints(junit(saying(`x${words}`))) === ''),
      { numRuns: 40 },
    );
  });
});
