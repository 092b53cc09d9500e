import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclude } from '../../src/crash/analysis/conclude.ts';
import { renderAnalysisHtml } from '../../src/report/analysis/analysis-html.ts';
import { renderRunHtml } from '../../src/report/run/run-html.ts';
import { tellRun } from '../../src/report/run/run-story.ts';
import { loadCrashKnowledge } from '../../src/shipped/crash-knowledge.ts';
import { loadPage } from '../../src/shipped/pages.ts';
import { hungTask } from '../crash/support/evidence.ts';
import { crashTests, everyOutcome, manyGuests, reboots, saying } from '../report/run/records.ts';

/** Screenshots stay here, to be looked at; git does not keep them. */
const SCREENSHOTS = 'test/browser/screenshots';
const HOSTILE = `</td></pre></style><script>document.title='owned'</script><img src="http://192.0.2.1/x" onerror="document.title='owned'">${'w'.repeat(300)}`;

const PAGES: Readonly<Record<string, () => string>> = {
  run: () => renderRunHtml(tellRun(everyOutcome()), loadPage('run')),
  'run-crash-tests': () => renderRunHtml(tellRun(crashTests()), loadPage('run')),
  'run-reboots': () => renderRunHtml(tellRun(reboots()), loadPage('run')),
  'run-500': () => renderRunHtml(tellRun(manyGuests(500)), loadPage('run')),
  'run-hostile': () => renderRunHtml(tellRun(saying(HOSTILE)), loadPage('run')),
  analysis: () => renderAnalysisHtml(conclude(hungTask(), loadCrashKnowledge()), loadPage('analysis')),
};

interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, and addresses that were asked for. */
  readonly trouble: string[];
}

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  folder = mkdtempSync(join(tmpdir(), 'provision-pages-'));
  mkdirSync(SCREENSHOTS, { recursive: true });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function open(name: string, width: number, colorScheme: 'light' | 'dark'): Promise<Opened> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, PAGES[name]!());
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) trouble.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, trouble };
}

/** Elements that are wider than what shows them, which is what makes a phone scroll sideways. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const LOOKS = [390, 1280].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

describe.each(Object.keys(PAGES))('the page %s', (name) => {
  it.each(LOOKS)('fits $width pixels, $scheme', async ({ width, scheme }) => {
    const { page, trouble } = await open(name, width, scheme);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    for (const closed of await page.locator('details:not([open]) > summary').all()) await closed.click();
    expect(await page.locator('details:not([open])').count()).toBe(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${scheme}.png`), fullPage: true });
    expect(trouble).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('script, img').count()).toBe(0);
    await page.context().close();
  });
});

describe('the guests of a run', () => {
  it('come with the worst first', async () => {
    const { page } = await open('run', 1280, 'light');
    const outcomes = await page.locator('.guests tbody .outcome').allTextContents();
    expect(outcomes.slice(0, 4)).toEqual(['failed', 'unreachable', 'refused', 'interrupted']);
    expect(outcomes.at(-1)).toBe('as desired');
    await page.context().close();
  });

  it('can be narrowed down to one outcome, by pointer and by keyboard', async () => {
    const { page } = await open('run-500', 390, 'dark');
    const rows = page.locator('.guests tbody tr:visible');
    expect(await rows.count()).toBe(500);
    await page.getByRole('radio', { name: '20 failed' }).check();
    expect(await rows.count()).toBe(20);
    await page.keyboard.press('ArrowRight');
    expect(await rows.count()).toBe(480);
    await page.context().close();
  });
});
