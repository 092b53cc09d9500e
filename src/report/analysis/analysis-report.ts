import { writeFileSync } from 'node:fs';
import type { Analysis } from '../../crash/analysis/analysis.ts';
import { ProvisionError } from '../../errors.ts';
import { BLANK } from '../cells.ts';
import { createPaint, type Paint } from '../colors.ts';
import { escapeJson } from '../escape.ts';
import type { PageTexts } from '../page-texts.ts';
import { StepLine } from '../step-line.ts';
import { columnsOf, lineWidthOf, Writer, type Output } from '../writer.ts';
import { renderAnalysisHtml } from './analysis-html.ts';
import { formatAnalysis } from './analysis-text.ts';

interface AnalysisReportOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** One JSON object a line, instead of text. */
  readonly json: boolean;
  readonly color: boolean;
  /** Progress may be shown. */
  readonly tty: boolean;
}

/** Prints analyses, and what is being done until there is one. */
export class AnalysisReport {
  readonly #writer: Writer;
  readonly #steps: StepLine;
  readonly #paint: Paint;
  readonly #options: AnalysisReportOptions;
  #shown = 0;

  constructor(options: AnalysisReportOptions) {
    this.#options = options;
    this.#writer = new Writer(options.stdout, options.stderr);
    this.#steps = new StepLine(this.#writer, options.tty ? columnsOf(options.stderr) : 0);
    this.#paint = createPaint(options.color);
  }

  step<T>(text: string, run: () => Promise<T>): Promise<T> {
    return this.#steps.step(text, run);
  }

  show(analysis: Analysis): void {
    if (this.#options.json) {
      this.#writer.raw(escapeJson(JSON.stringify(analysis)));
      return;
    }
    const lines = formatAnalysis(analysis, { width: lineWidthOf(this.#options.stdout), verbosity: 0 });
    this.#writer.results([...(this.#shown > 0 ? [BLANK] : []), ...lines], this.#paint);
    this.#shown += 1;
  }

  /** @throws ProvisionError E_USAGE when the file cannot be written */
  writeHtml(path: string, analysis: Analysis, page: PageTexts): void {
    try {
      writeFileSync(path, renderAnalysisHtml(analysis, page));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ProvisionError('E_USAGE', `cannot write the report ${path}: ${reason}`, { cause });
    }
  }
}
