import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderRunHtml } from '../../../src/report/run/run-html.ts';
import { tellRun } from '../../../src/report/run/run-story.ts';
import { loadPage } from '../../../src/shipped/pages.ts';
import type { RunRecord } from '../../../src/journal/record.ts';
import { at, crashTests, everyOutcome, manyGuests, reboots, recordOf, saying } from './records.ts';

const PAGE = loadPage('run');
const html = (record: RunRecord): string => renderRunHtml(tellRun(record), PAGE);
/** The elements of a page with their classes, without what is in them. */
const elements = (page: string): string[] =>
  page.match(/<[^<>]*>/g)!.map((tag) => tag.replaceAll(/ (title|datetime|style)="[^"]*"/g, ''));

describe('the page of a run', () => {
  it('shows every outcome, the failures first', async () => {
    await expect(html(everyOutcome())).toMatchFileSnapshot('../../golden/report/every-outcome.html');
  });

  it('tells of crash tests, those that were not captured first and open', async () => {
    const page = html(crashTests());
    await expect(page).toMatchFileSnapshot('../../golden/report/crash-tests.html');
    const heads = page.match(/<details[^>]*><summary><b>\w+<\/b> <span class="outcome \w+">[^<]*/g) ?? [];
    expect(heads.map((head) => head.replaceAll(/<[^>]*>/g, ''))).toEqual([
      'vm2 crash not captured',
      'vm3 no verdict',
      'vm1 crash captured',
    ]);
    expect(page.match(/<details open>/g)).toHaveLength(2);
    expect(page).toContain('Killed process 71');
  });

  it('tells of reboots, and what the gate said last', async () => {
    const page = html(reboots());
    await expect(page).toMatchFileSnapshot('../../golden/report/reboots.html');
    expect(page.indexOf('db-primary', page.indexOf('>Reboots<'))).toBeLessThan(
      page.indexOf('>vm1<', page.indexOf('>Reboots<')),
    );
    expect(page).toContain('<td>44.0 s</td><td>armed</td>');
    expect(page).toContain('<span class="bad">never</span>');
  });

  it('needs nothing from outside and runs nothing', () => {
    const page = html(everyOutcome());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|url\(|@import/);
    expect(page.match(/href="([^"]*)"/g) ?? []).toSatisfy((all: string[]) =>
      all.every((href) => href.startsWith('href="#')),
    );
    expect(page).toContain("default-src 'none'");
  });

  it('has one block for 500 guests that need the same, and stays small', () => {
    const page = html(manyGuests(500));
    expect(page.match(/<details/g)).toHaveLength(1);
    expect(page).toContain('vm[1-500] (500 guests)');
    expect(page.length).toBeLessThan(400_000);
  });

  it('stays small when 500 guests all need something else', () => {
    const record = manyGuests(500);
    const events = record.events.map(({ at: time, event }) =>
      event.kind === 'guest.plan'
        ? { at: time, event: { ...event, plan: { ...event.plan, system: event.guest } } }
        : { at: time, event },
    );
    const page = html({ ...record, events });
    expect(page).toContain('440 more groups of 440 guests');
    expect(page.length).toBeLessThan(2_000_000);
  });

  it('lets no text out of its element', () => {
    const skeleton = elements(html(saying('xwords')));
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }).map((words) => words.replaceAll('\n', '')),
      fc.constantFrom(
        `</td><script>alert(1)</script>`,
        `"><img src=x onerror=alert(1)>`,
        `' onload='`,
        '{{style}}',
        '$&$`',
      ),
    );
    fc.assert(
      fc.property(text, (words) => {
        expect(elements(html(saying(`x${words}`)))).toEqual(skeleton);
      }),
    );
  });

  it('takes the later word of a guest that a resumed run did again', () => {
    const end = (ms: number, outcome: string) =>
      at(ms, { kind: 'guest.finished', guest: 'vm1', outcome, changes: 0, ms: 5 });
    const { guests, state } = tellRun(recordOf(['vm1'], [end(10, 'failed'), end(20, 'changed')]));
    expect(guests.map(({ outcome }) => outcome)).toEqual(['changed']);
    expect(state.results.groups(state.order)).toHaveLength(1);
  });

  it('says so when a run has no end', () => {
    const page = html(recordOf(['vm1', 'vm2'], [at(10, { kind: 'guest.connected', guest: 'vm1', ms: 5 })]));
    expect(page).toContain('the run was cut off, or is still going on');
    expect(page).toContain('begun, and the journal has no end for it');
    expect(page).toContain('never begun');
  });
});

describe('the colours', () => {
  const luminance = (hex: string): number =>
    [1, 3, 5]
      .map((from) => parseInt(hex.slice(from, from + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index]!, 0);
  const schemes = [...PAGE.style.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, text = '']) =>
      new Map([...text.matchAll(/--(\w+): (#\w{6})/g)].map(([, name = '', color = '']) => [name, color])),
  );

  it.each(['ink', 'quiet', 'bad', 'odd', 'good', 'link'])('%s can be read on page and box, light and dark', (name) => {
    expect(schemes).toHaveLength(2);
    for (const colors of schemes)
      for (const back of ['page', 'box']) {
        const [a, b] = [luminance(colors.get(name)!), luminance(colors.get(back)!)].sort((x, y) => y - x);
        expect((a! + 0.05) / (b! + 0.05)).toBeGreaterThan(4.5);
      }
  });
});
