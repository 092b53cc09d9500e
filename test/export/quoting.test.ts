import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument, type ScalarTag } from 'yaml';

import { exportCloudInit } from '../../src/export/cloud-init.ts';
import type { EndState } from '../../src/export/end-state.ts';
import { exportPlaybook } from '../../src/export/playbook.ts';
import { exportScript, type ExportTexts } from '../../src/export/script.ts';
import { stateFor, texts } from './support.ts';

const WANTS = ['want_file', 'want_settings', 'want_keys', 'want_sysctl'];
const SILENT = ['for_system', 'for_drivers', 'for_grub', 'alone', 'want_answer', 'want_packages', 'reload_units'];
const SILENT_TOO = ['want_crashkernel', 'want_capture', 'want_gate', 'finish'];
/** Functions that only say what they were called with: how many words, then the words, each up to a NUL. */
const RECORDER = [
  ...WANTS.map((name) => `${name}() { printf '%s\\0' $(($# + 1)) ${name} "$@"; }`),
  ...[...SILENT, ...SILENT_TOO].map((name) => `${name}() { :; }`),
].join('\n');
const recording: ExportTexts = {
  ...texts,
  export: { ...texts.export, 'script.sh': RECORDER, 'script-system.sh': '', 'reservation.sh': '' },
};

/** What a value can hold: all but NUL; single lines for settings, as the kernel takes no others. */
const line = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((text) => text.replaceAll(/[\0\n\r\u0085\u2028\u2029]/g, ''));
const nasty = fc.constantFrom(
  "'",
  `"$(touch /tmp/x)"`,
  '{{ lookup("pipe", "id") }}',
  '{% raw %}',
  '\\',
  '`id`',
  '%s',
  '- a: b',
  '# x',
  '!unsafe y',
);
const value = fc.oneof(
  line,
  nasty,
  fc.tuple(line, nasty, line).map((parts) => parts.join('')),
);
const text = fc.array(value, { maxLength: 4 }).map((lines) => lines.map((each) => `${each}\n`).join(''));

const base = stateFor('debian12', { sets: ['kdump.crashkernel=256M'] });
const states = fc.record({ value, other: value, text }).map(({ value: first, other, text: whole }): EndState => ({
  ...base,
  keys: { path: '/etc/default/kdump-tools', keys: [{ key: 'KEY', value: first }] },
  settings: [{ key: 'kernel.core_pattern', value: other }],
  files: [
    { path: '/etc/some file', mode: '0644', text: whole, settings: null },
    {
      path: '/etc/sysctl.d/60-x.conf',
      mode: '0644',
      text: '# x\n',
      settings: [{ key: 'kernel.core_pattern', value: other }],
    },
  ],
}));

describe('any value comes out as it went in', () => {
  it('of a script, as dash reads it', () => {
    fc.assert(
      fc.property(states, (state) => {
        const words = execFileSync('dash', [], { input: exportScript(state, recording), encoding: 'utf8' }).split('\0');
        const [file, fragment] = state.files;
        const setting = state.settings[0]!;
        expect(words.slice(0, -1)).toEqual([
          ...['4', 'want_keys', '/etc/default/kdump-tools', 'KEY', state.keys!.keys[0]!.value],
          ...['4', 'want_file', file!.path, '0644', file!.text],
          ...['6', 'want_settings', fragment!.path, '0644', '# x\n', 'kernel/core_pattern', setting.value],
          ...['3', 'want_sysctl', 'kernel/core_pattern', setting.value],
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('of a playbook, as YAML has it, and never as a template of Ansible', () => {
    const unsafe: ScalarTag = { tag: '!unsafe', resolve: (found: string) => ({ unsafe: found }) };
    fc.assert(
      fc.property(states, (state) => {
        const document = parseDocument(exportPlaybook(state, texts), { customTags: [unsafe] });
        expect(document.errors).toEqual([]);
        const [play] = document.toJS() as [{ vars: Record<string, Record<string, unknown>[]> }];
        const { provision_files: files, provision_settings: settings, provision_keys: keys } = play.vars;
        expect(files![0]!['text']).toEqual({ unsafe: state.files[0]!.text });
        expect(settings![0]!['value']).toEqual({ unsafe: state.settings[0]!.value });
        expect(keys![0]!['value']).toEqual({ unsafe: state.keys!.keys[0]!.value });
      }),
      { numRuns: 40 },
    );
  });

  it('of user-data, which holds the whole script', () => {
    fc.assert(
      fc.property(states, (state) => {
        const data = parse(exportCloudInit(state, texts)) as { write_files: { content: string }[] };
        expect(data.write_files[0]!.content).toBe(exportScript(state, texts));
      }),
      { numRuns: 40 },
    );
  });
});
