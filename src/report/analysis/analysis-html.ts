import type { Analysis, BlockedGroup, Frame, LogReport } from '../../crash/analysis/analysis.ts';
import { render } from '../../plan/render.ts';
import { escapeHtml, markup, type Markup } from '../markup.ts';
import type { PageTexts } from '../page-texts.ts';
import { duration } from '../quantities.ts';
import {
  blockedFor,
  blockedTitle,
  complaints,
  crashFacts,
  memoryFacts,
  named,
  workqueueFacts,
  type Fact,
} from './words.ts';

/**
 * An analysis as one HTML file that needs nothing else.
 * @param texts templates/report/analysis.html and style.css
 */
export function renderAnalysisHtml(analysis: Analysis, { template, style }: PageTexts): string {
  return render(template, {
    style,
    title: escapeHtml(
      `${analysis.panic.reason ?? 'no panic found'} - ${analysis.kernel.nodename ?? analysis.dump.file}`,
    ),
    heading: escapeHtml(analysis.panic.reason ?? 'no panic found'),
    crash: table(crashFacts(analysis).filter(([label]) => label !== 'panic')).html,
    findings: findings(analysis).html,
    blocked: blocked(analysis).html,
    memory: section('Memory', table(memoryFacts(analysis)), analysis.memory !== null).html,
    workqueues: section('Workqueues', table(workqueueFacts(analysis)), hasWork(analysis)).html,
    log: section(
      'The kernel log complains',
      markup`${complaints(analysis).map(report)}`,
      complaints(analysis).length > 0,
    ).html,
    sources: section('Sources', table(sources(analysis)), true).html,
  });
}

function section(title: string, body: Markup, wanted: boolean): Markup {
  return wanted ? markup`<section><h2>${title}</h2>${body}</section>` : markup``;
}

function table(facts: readonly Fact[]): Markup {
  return markup`<table>${facts.map(([label, text]) => markup`<tr><th>${label}</th><td>${typeof text === 'string' ? text : text.join(', ')}</td></tr>\n`)}</table>`;
}

function findings({ findings: all }: Analysis): Markup {
  return markup`${all.map(
    ({ level, text, remedy }) =>
      markup`<p class="${level}"><b>${level}</b> ${text}${remedy === null ? null : markup` <i>${remedy}</i>`}</p>\n`,
  )}`;
}

function blocked(analysis: Analysis): Markup {
  return section(blockedTitle(analysis), markup`${(analysis.blocked ?? []).map(group)}`, true);
}

function group({ tasks, stack }: BlockedGroup): Markup {
  const rows = tasks.map((task) => markup`<tr><th>${named(task)}</th><td>${blockedFor(task)}</td></tr>\n`);
  const error = tasks.find(({ stackError }) => stackError !== null)?.stackError ?? null;
  return markup`<article><table>${rows}</table>${frames(stack)}${error === null ? null : markup`<p>${error}</p>`}</article>\n`;
}

function frames(stack: readonly Frame[]): Markup {
  const lines = stack.map(({ function: name, module, source, inline }) => {
    const place = module === null ? name : `${name} [${module}]`;
    const mark = inline ? ' (inlined)' : '';
    return markup`<li${inline ? markup` class="inline"` : null}><code>${place}</code> <small>${source}${mark}</small></li>\n`;
  });
  return lines.length === 0 ? markup`` : markup`<ol>${lines}</ol>`;
}

function report({ seconds, headline, stack }: LogReport): Markup {
  const line = seconds === null ? headline : `[${seconds.toFixed(6)}] ${headline}`;
  if (stack.length === 0) return markup`<p><code>${line}</code></p>\n`;
  return markup`<details><summary><code>${line}</code></summary>${frames(stack)}</details>\n`;
}

function hasWork({ workqueues }: Analysis): boolean {
  return workqueues !== null && workqueues.pools.length + workqueues.heldBack.length > 0;
}

function sources({ sources: all }: Analysis): Fact[] {
  return all.map(({ tool, what, ms }) => [tool, `${what}, ${duration(ms)}`]);
}
