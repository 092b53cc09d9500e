import { Document, isMap, visit } from 'yaml';
import { API_VERSION } from '../../profile/schema.ts';
import type { NewGuest } from './new-guest.ts';
import { chosenBase, chosenNames, type Answers } from './questions.ts';
import type { BaseProfile } from './base-profile.ts';

/**
 * ./inventory.yaml. What was answered for all goes under `defaults`, but not beside guests of ~/.ssh/config: an inventory
 * beats that file, and what it says of its own hosts is to hold.
 */
export function inventoryText(guests: readonly NewGuest[], answers: Partial<Answers>): string {
  const key = answers.key === 'other' ? answers.otherKey : answers.key;
  const shared: Shared = {
    user: answers.user ?? 'root',
    ...(key === undefined || key === '' ? {} : { identity_file: key }),
  };
  const mixed = guests.some(({ fromSshConfig }) => fromSshConfig);
  const become = answers.become === true ? { become: true } : {};
  const defaults = { ...(mixed ? {} : shared), ...become };
  const entries = guests.map((guest) => [guest.name, guestEntry(guest, shared, mixed)] as const);
  const document = new Document({
    ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    guests: Object.fromEntries(entries),
  });
  return write(document, ' Guests that provision looks after. Groups, vars and jump hosts: docs/inventory.md', 2);
}

interface Shared {
  readonly user: string;
  readonly identity_file?: string;
}

function guestEntry({ host, port, user, fromSshConfig }: NewGuest, shared: Shared, mixed: boolean): object {
  if (fromSshConfig) return { host };
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(mixed ? shared : {}),
    ...(user === undefined || user === shared.user ? {} : { user }),
  };
}

/** ./NAME.yaml: extends what was chosen and says only what is different. */
export function profileText(answers: Partial<Answers>, profiles: readonly BaseProfile[]): string {
  const base = chosenBase(answers, profiles);
  const names = chosenNames(answers);
  const { timeout, panicOn, symbols } = answers;
  const differs = panicOn !== undefined && !sameMembers(panicOn, base.panicOn ?? []);
  const document = new Document({
    apiVersion: API_VERSION,
    name: answers.name ?? 'my-debug',
    ...(names.length === 0 ? {} : { extends: names.length === 1 ? names[0] : names }),
    ...(timeout === undefined || timeout === base.hungTaskTimeout ? {} : { hung_task: { timeout } }),
    ...(differs ? { panic: { on: panicOn } } : {}),
    ...(symbols === undefined || symbols === base.symbols ? {} : { crash: { symbols } }),
  });
  return write(
    document,
    ' What the guests become. `provision profiles show ./FILE --origin` shows all that it means',
    1,
  );
}

/** Collections inside so many mappings, and deeper ones, are written on one line each. */
function write(document: Document, comment: string, flowFrom: number): string {
  document.commentBefore = comment;
  visit(document, {
    Collection(_key, node, path) {
      if (path.filter(isMap).length >= flowFrom) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
