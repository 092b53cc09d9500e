import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JobLog } from '../../src/rollout/job-log.ts';

/** A log and all that it reports, one line each. */
function listen(): { log: JobLog; heard: string[] } {
  const heard: string[] = [];
  const log = new JobLog({
    step: (id, status, message) => heard.push([status, id, ...(message === undefined ? [] : [message])].join(' ')),
    output: (line) => heard.push(`| ${line}`),
  });
  return { log, heard };
}

const LINES = [
  '@ checked',
  '@ start package:install',
  'Setting up crash ...',
  '@ done package:install',
  '@ start unit:kdump-tools.service',
  '@ warn kdump-tools.service did not restart',
  '@ done unit:kdump-tools.service',
  '@ finished',
];

describe('the log of a job', () => {
  it('is steps, output and an end', () => {
    const { log, heard } = listen();
    for (const line of LINES) log.line(line);
    expect(heard).toEqual([
      'started package:install',
      '| Setting up crash ...',
      'done package:install',
      'started unit:kdump-tools.service',
      '| warning: kdump-tools.service did not restart',
      'done unit:kdump-tools.service',
    ]);
    expect(log).toMatchObject({ finished: true, begun: true, failure: null, lastStep: '' });
  });

  it('says nothing twice, wherever it is cut and read again from its start', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(LINES.length), { maxLength: 6 }), (cuts) => {
        const { log, heard } = listen();
        for (const cut of [...cuts, LINES.length]) {
          log.restart();
          for (const line of LINES.slice(0, cut)) log.line(line);
        }
        expect(heard).toHaveLength(6);
        expect(log.finished).toBe(true);
      }),
    );
  });

  it.each<[string, { code: string; step: string }]>([
    ['@ fail E_PACKAGES package:install', { code: 'E_PACKAGES', step: 'package:install' }],
    ['@ fail E_LOCKED ', { code: 'E_LOCKED', step: '' }],
  ])('%j and the line after it are a failure', (line, expected) => {
    const { log, heard } = listen();
    log.line(line);
    expect(log.failure).toBeNull();
    log.line('@ words of apt that look like ours');
    expect(log.failure).toEqual({ ...expected, message: '@ words of apt that look like ours' });
    expect(heard).toEqual([`failed ${expected.step} @ words of apt that look like ours`]);
    expect(log.finished).toBe(false);
  });

  it('a failure that was cut in two is whole when it is read again', () => {
    const { log } = listen();
    log.line('@ fail E_DISK_FULL file:/etc/a');
    log.restart();
    log.line('@ fail E_DISK_FULL file:/etc/a');
    log.line('cannot write /etc/a: 0 KiB free');
    expect(log.failure).toMatchObject({ code: 'E_DISK_FULL', message: 'cannot write /etc/a: 0 KiB free' });
  });

  it('knows in which step it ended', () => {
    const { log } = listen();
    for (const line of LINES.slice(0, 3)) log.line(line);
    expect(log).toMatchObject({ lastStep: 'package:install', finished: false, failure: null });
  });

  it('keeps the last lines of output for the error', () => {
    const { log } = listen();
    for (let count = 1; count <= 30; count++) log.line(`line ${count}`);
    expect(log.tail().split('\n')).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
  });

  it('has not begun before its first line', () => {
    expect(listen().log.begun).toBe(false);
  });
});
