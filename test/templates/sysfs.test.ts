import { describe, expect, it } from 'vitest';

import { loadKnowledge } from '../../src/shipped/catalogue.ts';

const { templates } = loadKnowledge();

/** A write to it gives reserved memory back, for good. */
describe('the size of the reservation in sysfs', () => {
  it.each(Object.entries(templates))('is not written by %s', (_name, text) => {
    for (const line of text.split('\n').filter((each) => /crash_size/.test(each))) {
      expect(line).not.toMatch(/>\s*\S*crash_size|tee|\bdd\b|set_sysctl/);
      expect(line.trim()).toMatch(/^fact_from crash_size "/);
    }
  });
});
