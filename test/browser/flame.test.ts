import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layOutAtMost } from '../../src/investigate/flame/layout.ts';
import { orderPaths } from '../../src/investigate/flame/ordered.ts';
import { pathsOf } from '../../src/investigate/flame/path.ts';
import { topWaits } from '../../src/investigate/flame/top.ts';
import { WaitClassifier } from '../../src/investigate/flame/wait-kinds.ts';
import { explainWaits } from '../../src/investigate/trace-tools/meaning.ts';
import type { GuestWaits } from '../../src/investigate/wait.ts';
import { renderFlameHtml } from '../../src/report/trace/flame-html.ts';
import { flameSvgFile, LEAST_SHARE } from '../../src/report/trace/flame-svg.ts';
import type { TraceStory } from '../../src/report/trace/trace-story.ts';
import { loadExplainKnowledge } from '../../src/shipped/explain-knowledge.ts';
import { loadFlamePage } from '../../src/shipped/pages.ts';
import { loadWaitKinds } from '../../src/shipped/trace-knowledge.ts';
import { desktop, hostile, manyStacks } from '../investigate/flame/waits.ts';

/** Screenshots stay here, to be looked at; git does not keep them. */
const SCREENSHOTS = 'test/browser/screenshots';
const classifier = new WaitClassifier(loadWaitKinds());
const explain = explainWaits(loadExplainKnowledge(), classifier, ['D']);

function storyOf(guests: readonly GuestWaits[], title: string): TraceStory {
  return {
    title,
    subtitle: '10 s, state D',
    paths: pathsOf(guests, classifier),
    kinds: classifier.kinds,
    top: topWaits(guests, classifier, { most: 10, explain }),
    notes: ['vm1: ended early, as asked: this is what was traced until then'],
  };
}

const STORIES: Readonly<Record<string, () => TraceStory>> = {
  flame: () => storyOf([desktop('vm1')], 'Off-CPU time, and who ended it of all tasks on vm1'),
  'flame-fleet': () => storyOf([desktop('vm1'), desktop('vm2'), desktop('vm3')], 'Off-CPU time of Xorg on 3 guests'),
  'flame-hostile': () => storyOf([hostile('vm1')], hostile('x').waits[0]!.comm),
  'flame-many': () => storyOf([manyStacks('vm1', 20_000)], 'Off-CPU time of all tasks on vm1'),
};

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  folder = mkdtempSync(join(tmpdir(), 'provision-flame-'));
  mkdirSync(SCREENSHOTS, { recursive: true });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, and addresses that were asked for. */
  readonly trouble: string[];
  readonly shoot: (what: string) => Promise<void>;
}

async function open(
  name: string,
  width = 1280,
  colorScheme: 'light' | 'dark' = 'light',
  scripts = true,
): Promise<Opened> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, renderFlameHtml(STORIES[name]!(), loadFlamePage()));
  return look(file, `${name}-${width}-${colorScheme}`, { width, colorScheme, scripts });
}

interface Sight {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  readonly scripts: boolean;
}

async function look(file: string, name: string, { width, colorScheme, scripts }: Sight): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height: 844 },
    colorScheme,
    javaScriptEnabled: scripts,
    hasTouch: width < 500,
  });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) trouble.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  const shoot = async (what: string): Promise<void> => {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${what}.png`), fullPage: true });
  };
  return { page, trouble, shoot };
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
const frame = (page: Page, name: string) => page.locator(`#graph .f[aria-label^="${name}: "]`).first();
const widthOf = async (page: Page, name: string): Promise<number> =>
  (await frame(page, name).boundingBox())?.width ?? 0;

const LOOKS = [390, 1280].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

describe.each(Object.keys(STORIES))('the graph %s', (name) => {
  it.each(LOOKS)('fits $width pixels, $scheme, without a word of complaint', async ({ width, scheme }) => {
    const { page, trouble, shoot } = await open(name, width, scheme);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await page.locator('#graph .f').count()).toBeGreaterThan(1);
    await shoot('whole');
    expect(trouble).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    await page.context().close();
  });
});

describe('a frame', () => {
  it('is zoomed to by a click; the way back is there', async () => {
    const { page, trouble, shoot } = await open('flame');
    const before = await widthOf(page, 'dd');
    await frame(page, 'dd').click();
    expect(await widthOf(page, 'dd')).toBeGreaterThan(before * 1.5);
    expect(await page.locator('#crumbs button').allTextContents()).toEqual(['all', 'dd']);
    expect(await page.locator('#detail').textContent()).toMatch(/^dd: [\d.]+ (s|ms), [\d.]+ %/);
    await shoot('zoomed');
    await page.locator('#crumbs button').first().click();
    expect(await widthOf(page, 'dd')).toBeCloseTo(before, 0);
    await frame(page, 'Xorg').click();
    await page.getByRole('button', { name: 'Whole graph' }).click();
    expect(await widthOf(page, 'dd')).toBeCloseTo(before, 0);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  it('too narrow to be drawn is there when one zooms in', async () => {
    const { page } = await open('flame');
    expect(await frame(page, 'rare_function').count()).toBe(0);
    await frame(page, 'Xorg').click();
    await frame(page, 'seldom').click();
    expect(await frame(page, 'rare_function').count()).toBe(1);
    await page.context().close();
  });

  it('is reached and zoomed to with the keyboard alone', async () => {
    const { page, shoot } = await open('flame');
    await page.locator('#graph .f[tabindex="0"]').focus();
    await page.keyboard.press('ArrowUp');
    const first = await page.locator('#detail').textContent();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#detail').textContent()).not.toBe(first);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    expect(await page.locator('#crumbs button').count()).toBe(2);
    await shoot('keyboard');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    expect(await page.locator('#crumbs').isHidden()).toBe(true);
    await page.keyboard.press('/');
    await page.keyboard.type('submit_bio');
    expect(await page.locator('#search').inputValue()).toBe('submit_bio');
    await page.context().close();
  });
});

/** Asked from outside: what the page itself would evaluate while it waits, its own policy forbids. */
const graphWidth = (page: Page): Promise<number> =>
  page.evaluate(`document.querySelector('#graph svg').viewBox.baseVal.width`);

describe('the keyboard', () => {
  it('goes on from where it stood when the window changes its width', async () => {
    const { page } = await open('flame');
    await page.locator('#graph .f[tabindex="0"]').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const stood = await page.locator('#graph .f[tabindex="0"]').getAttribute('aria-label');
    await page.setViewportSize({ width: 700, height: 600 });
    await expect.poll(() => graphWidth(page), { timeout: 30_000 }).toBeLessThan(700);
    expect(await page.locator('#graph .f:focus').getAttribute('aria-label')).toBe(stood);
    await page.keyboard.press('Escape');
    expect(await page.locator('#crumbs').isHidden()).toBe(true);
    expect(await page.locator('#graph .f:focus').count()).toBe(1);
    await page.context().close();
  });

  it('stands on the whole graph when its frame is too narrow to be drawn now', async () => {
    const { page } = await open('flame', 1900);
    const held = page.locator('#graph .f:focus');
    await page.locator('#graph .f[tabindex="0"]').focus();
    for (const name of ['Xorg', 'seldom']) {
      await page.keyboard.press('ArrowUp');
      for (let i = 0; i < 10 && !(await held.getAttribute('aria-label'))?.startsWith(name); i++)
        await page.keyboard.press('ArrowRight');
    }
    expect(await held.getAttribute('aria-label')).toMatch(/^seldom: /);
    await page.setViewportSize({ width: 400, height: 600 });
    await expect.poll(() => graphWidth(page), { timeout: 30_000 }).toBeLessThan(400);
    expect(await held.getAttribute('aria-label')).toMatch(/^all: /);
    await page.context().close();
  });

  it('is on the frame that a step of the way back leads to', async () => {
    const { page } = await open('flame');
    await frame(page, 'dd').click();
    await page.locator('#crumbs button').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#graph .f:focus').getAttribute('data-i')).toBe('0');
    await page.context().close();
  });
});

describe('a search', () => {
  it('lights up what fits and says its share, nested frames counted once', async () => {
    const { page, trouble, shoot } = await open('flame');
    await page.locator('#search').fill('submit_bio|io_schedule');
    expect(await page.locator('#matched').textContent()).toBe('76.6 % matched');
    expect(await page.locator('#graph .f.found').count()).toBeGreaterThan(1);
    const fills = await page.evaluate(
      `[...new Set([...document.querySelectorAll('#graph .f.found rect')].map((rect) => getComputedStyle(rect).fill))]`,
    );
    expect(fills).toEqual(['rgb(180, 19, 154)']);
    await shoot('searched');
    await page.locator('#search').fill('(half');
    expect(await page.locator('#matched').textContent()).toBe('0.0 % matched');
    await page.locator('#search').press('Escape');
    expect(await page.locator('#graph .f.found').count()).toBe(0);
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});

describe('hostile names', () => {
  it('are text wherever they stand', async () => {
    const { page, trouble } = await open('flame-hostile');
    await page.locator('#graph .f').nth(1).click();
    await page.locator('#search').fill('script');
    expect(trouble).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('img, script[src]').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    await page.context().close();
  });
});

describe('without scripts', () => {
  it('a still picture stands there', async () => {
    const { page, shoot } = await open('flame', 1280, 'light', false);
    expect(await page.locator('#graph svg rect').count()).toBeGreaterThan(10);
    expect(await page.locator('.tools').isHidden()).toBe(true);
    await shoot('still');
    await page.context().close();
  });

  it.each(['flame', 'flame-hostile'])('the picture of %s is a file of its own, and valid XML', async (name) => {
    const story = STORIES[name]!();
    const file = join(folder, `${name}.svg`);
    writeFileSync(
      file,
      flameSvgFile(layOutAtMost(orderPaths(story.paths), LEAST_SHARE, 20_000), story.kinds, story.title),
    );
    const { page, trouble } = await look(file, name, { width: 1280, colorScheme: 'light', scripts: true });
    expect(await page.evaluate('document.documentElement.nodeName')).toBe('svg');
    expect(await page.evaluate('document.querySelectorAll("parsererror, script").length')).toBe(0);
    // Chromium takes no pictures of a document that is none of HTML.
    writeFileSync(`${file}.html`, `<!doctype html><img src="${name}.svg" width="1200" alt="">`);
    const shown = await look(`${file}.html`, name, { width: 1280, colorScheme: 'light', scripts: true });
    await shown.shoot('svg');
    await shown.page.context().close();
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});

describe('many stacks', () => {
  it('are drawn, zoomed and searched within a moment', async () => {
    const { page } = await open('flame-many');
    expect(await page.locator('#graph .f').count()).toBeGreaterThan(100);
    const ms = await page.evaluate(`(() => {
      const begun = performance.now();
      const search = document.getElementById('search');
      search.value = 'f1.*';
      search.dispatchEvent(new Event('input'));
      document.querySelectorAll('#graph .f')[1].dispatchEvent(new MouseEvent('click', { bubbles: true }));
      return performance.now() - begun;
    })()`);
    expect(ms).toBeLessThan(5000);
    await page.context().close();
  });
});
