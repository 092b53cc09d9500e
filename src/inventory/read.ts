import type { Inventory } from './guest.ts';
import { parseInventory } from './parse.ts';

/** One way in which guests can be written down. */
interface InventoryReader {
  readonly kind: string;
  /** Whether a file looks like this kind; asked in the order of the table. */
  readonly accepts: (text: string, file: string) => boolean;
  readonly read: (text: string, file: string) => Inventory;
}

/** A new format is one file beside this one and a line here, before our own, which takes what nobody else did. */
const READERS: readonly InventoryReader[] = [{ kind: 'provision', accepts: () => true, read: parseInventory }];

/**
 * Reads an inventory of any kind that is known.
 * @throws ProvisionErrors E_INVENTORY, each with a place
 */
export function readInventory(text: string, file: string): Inventory {
  const reader = READERS.find(({ accepts }) => accepts(text, file));
  return reader ? reader.read(text, file) : parseInventory(text, file);
}
