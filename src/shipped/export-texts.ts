import { shippedNames, shippedText } from './files.ts';

/** templates/export, by file name. */
export function loadExportTemplates(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    shippedNames('templates/export').map((name) => [name, shippedText(`templates/export/${name}`)]),
  );
}
