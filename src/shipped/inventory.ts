import type { Inventory } from '../inventory/guest.ts';
import { readInventory } from '../inventory/read.ts';
import { userText } from './files.ts';

/** Reads the inventory that a person named. @throws ProvisionErrors E_INVENTORY */
export function loadInventory(path: string): Inventory {
  return readInventory(userText(path, 'inventory', 'E_INVENTORY'), path);
}
