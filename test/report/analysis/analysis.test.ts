import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Analysis, Frame } from '../../../src/crash/analysis/analysis.ts';
import { conclude } from '../../../src/crash/analysis/conclude.ts';
import { renderAnalysisHtml } from '../../../src/report/analysis/analysis-html.ts';
import { AnalysisReport } from '../../../src/report/analysis/analysis-report.ts';
import { formatAnalysis } from '../../../src/report/analysis/analysis-text.ts';
import { createPaint } from '../../../src/report/colors.ts';
import { loadCrashKnowledge } from '../../../src/shipped/crash-knowledge.ts';
import { loadPage } from '../../../src/shipped/pages.ts';
import { hungTask } from '../../crash/support/evidence.ts';

const HUNG = conclude(hungTask(), loadCrashKnowledge());
const TEMPLATE = loadPage('analysis');
const HOSTILE = `</td><script>alert('x')</script>"&\u001b[31m\u202e`;

const text = (analysis: Analysis, width = 100): string =>
  formatAnalysis(analysis, { width, verbosity: 0 }).map(createPaint(false)).join('\n');

/** An analysis in which everything that comes from the dump is what an attacker likes best. */
function hostile(words: string): Analysis {
  const frame: Frame = { function: words, source: words, inline: true, module: words };
  const task = { ...HUNG.blocked![0]!.tasks[0]!, comm: words, stackError: words };
  return {
    ...HUNG,
    dump: { ...HUNG.dump, file: words },
    panic: { reason: words, trigger: words, meaning: words, task: { pid: 1, comm: words, cpu: 0 } },
    kernel: { ...HUNG.kernel, release: words, version: words, nodename: words, machine: words, cmdline: words },
    blocked: [{ tasks: [task], stack: [frame] }],
    slabs: [{ name: words, bytes: 1, objects: 1, objectSize: 1 }],
    processes: [{ pid: 1, comm: words, rss: 1 }],
    workqueues: { pools: [], heldBack: [{ workqueue: words, cpu: 0, count: 1, function: words }] },
    reports: [{ ...HUNG.reports[0]!, headline: words, stack: [frame] }],
    findings: [{ level: 'suspect', text: words, remedy: words }],
    sources: [{ tool: words, what: words, ms: 1 }],
  };
}

describe('an analysis on a terminal', () => {
  it('says first what panicked and who is blocked', async () => {
    await expect(`${text(HUNG)}\n`).toMatchFileSnapshot('../../golden/analysis/hung-task.txt');
  });

  it('does not say that nobody is blocked when that is not known', () => {
    const unknown = text({ ...HUNG, blocked: null, tasks: null });
    expect(unknown).toContain('Who is blocked is not known');
    expect(text({ ...HUNG, blocked: [] })).toContain('None of 7 tasks is blocked');
  });

  it('calls a crowd by number', () => {
    const [group] = HUNG.blocked!;
    const tasks = Array.from({ length: 40 }, (_, pid) => ({ ...group!.tasks[0]!, pid }));
    const crowd = text({ ...HUNG, blocked: [{ ...group!, tasks }] });
    expect(crowd).toContain('40 of 7 tasks are blocked');
    expect(crowd).toContain('and 32 more in the same place');
  });

  it('lets nothing of the dump draw on the terminal', () => {
    expect(text(hostile(HOSTILE))).not.toMatch(/[\u001b\u202e]/);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (words) => {
        expect(text(hostile(words)).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an analysis as HTML', () => {
  it('is one page that needs nothing else', async () => {
    const html = renderAnalysisHtml(HUNG, TEMPLATE);
    await expect(html).toMatchFileSnapshot('../../golden/analysis/hung-task.html');
    expect(html).not.toMatch(/<(?:script|link|img|iframe)\b|url\(|https?:/);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it('escapes everything that comes from the dump', () => {
    const html = renderAnalysisHtml(hostile(HOSTILE), TEMPLATE);
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/[\u001b\u202e]/);
    expect(html).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
  });

  it('keeps its structure whatever the dump says', () => {
    const tags = (html: string): string => (html.match(/<\/?[a-z0-9]+/g) ?? []).join('');
    const plain = tags(renderAnalysisHtml(hostile('word'), TEMPLATE));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (words) => {
        expect(tags(renderAnalysisHtml(hostile(`x${words}`), TEMPLATE))).toBe(plain);
      }),
      { numRuns: 50 },
    );
  });

  it('does not take {{names}} of the dump for places of the template', () => {
    expect(renderAnalysisHtml(hostile('{{crash}}$&'), TEMPLATE)).toContain('{{crash}}$&amp;');
  });
});

describe('AnalysisReport', () => {
  it('writes one JSON object a line, with nothing invisible in it', () => {
    let written = '';
    const stdout = { write: (part: string) => void (written += part) };
    const report = new AnalysisReport({ stdout, stderr: stdout, json: true, color: false, tty: false });
    report.show(hostile(HOSTILE));
    report.show(HUNG);
    const lines = written.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([hostile(HOSTILE), HUNG]);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('says that it cannot write a report', () => {
    const stdout = { write: () => undefined };
    const report = new AnalysisReport({ stdout, stderr: stdout, json: false, color: false, tty: false });
    expect(() => report.writeHtml('/nowhere/at/all.html', HUNG, TEMPLATE)).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
  });
});
