import { describe, expect, it } from 'vitest';
import { ProvisionErrors } from '../../src/errors.ts';
import { readInventory } from '../../src/inventory/read.ts';
import { malformedInventories } from './malformed.ts';

function errorsOf(text: string): ProvisionErrors['errors'] {
  try {
    readInventory(text, 'inventory.yaml');
  } catch (error) {
    if (error instanceof ProvisionErrors) return error.errors;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('malformed inventories', () => {
  it.each(malformedInventories())('$title', ({ text, line, col, says }) => {
    const errors = errorsOf(text);
    const found = errors.map(({ code, where, message }) => {
      expect(code).toBe('E_INVENTORY');
      expect(message.split('\n').length).toBeLessThan(3);
      return { place: where && 'file' in where ? `${where.line ?? 0}:${where.col ?? 0}` : '', message };
    });
    const here = found.filter(({ place }) => place === `${line}:${col}`);
    expect(here.map(({ message }) => message).join('\n'), JSON.stringify(found)).toMatch(says);
  });
});
