import { Document, isScalar, visit } from 'yaml';
import { COMPUTED } from '../plan/crashkernel.ts';
import { convergeLibrary, procPath } from '../plan/script.ts';
import { command, quote } from '../shell.ts';
import { RESERVATION, type EndState, type Setting } from './end-state.ts';
import { KERNEL } from './fresh-guest.ts';
import { asComment, headerLines } from './header.ts';
import type { ExportTexts } from './script.ts';
import { calledFunctions } from './shell-functions.ts';
import { exportTemplate, type ExportTemplates } from './templates.ts';

const REMARKS = [
  '',
  'Usage: ansible-playbook -i INVENTORY FILE [--check --diff] [-e provision_reboot=true]',
  'Without provision_reboot a reboot that is due is only said. Its modules are all from ansible.builtin.',
];

/** What the gate reads: a change in these starts it anew. As Ansible's `search` takes it. */
const GATE_FILES = '^/etc/provision/|^/usr/local/lib/provision/arm$|/provision-arm[.]service$';

/**
 * An Ansible playbook: the end state as variables, and templates/export/playbook-*.yaml as the tasks that make it so. Every
 * text of ours is tagged `!unsafe`: Ansible takes it as it is, whatever braces are in it.
 */
export function exportPlaybook(state: EndState, texts: ExportTexts): string {
  const document = new Document([
    {
      name: `${state.profile} on ${state.distribution.name}`,
      hosts: 'all',
      become: true,
      gather_facts: false,
      vars: variables(state, texts),
    },
  ]);
  visit(document, {
    Scalar: (key, node, path) => {
      // The document, the list, the play and the pair of its `vars` stand above.
      if (key !== 'key' && path.length > 4 && isScalar(node) && typeof node.value === 'string') node.tag = '!unsafe';
    },
  });
  const header = asComment([...headerLines(state, texts.export, texts.version), ...REMARKS]);
  const parts = ['playbook-handlers.yaml', 'playbook-tasks.yaml'].map((name) => exportTemplate(texts.export, name));
  return [`${header}---\n`, document.toString({ lineWidth: 0 }), ...parts].join('');
}

function variables(state: EndState, texts: ExportTexts): Record<string, unknown> {
  const { export: templates } = texts;
  const { distribution, arch, crashkernel } = state;
  return {
    provision_reboot: false,
    provision_system: distribution.name,
    provision_system_id: distribution.match.id.toLowerCase(),
    provision_system_version: distribution.match.version,
    provision_arch: arch,
    provision_drivers: state.drivers,
    provision_kernel_mark: KERNEL,
    provision_packages: state.packages,
    provision_answers: state.answers.map(answerOf),
    provision_directories: directoriesOf(state),
    provision_files: state.files
      .filter(({ settings }) => settings === null)
      .map(({ path, mode, text }) => ({ path, mode, text })),
    provision_fragments: state.files.flatMap(({ path, mode, text, settings }) =>
      settings === null ? [] : [{ path, mode, text, settings: settings.map(withPath) }],
    ),
    provision_settings: state.settings.map(withPath),
    provision_keys_file: state.keys?.path ?? '',
    provision_keys: state.keys?.keys ?? [],
    provision_gate: state.gate,
    provision_gate_files: GATE_FILES,
    provision_kdump: crashkernel !== null,
    provision_crashkernel_mark: RESERVATION,
    provision_crashkernel_script: sizeScript(crashkernel, templates),
    provision_reservation_script: reservationScript(crashkernel, texts),
  };
}

/** What prints the size of the reservation on the guest. */
function sizeScript(crashkernel: EndState['crashkernel'], templates: ExportTemplates): string {
  if (crashkernel === null) return '';
  if ('value' in crashkernel) return `${command(['echo', crashkernel.value])}\n`;
  const numbers = Object.entries({ COMPUTED, ...crashkernel.sizing });
  return [
    ...numbers.map(([name, value]) => `${name}=${quote(String(value))}`),
    exportTemplate(templates, 'crashkernel.sh'),
    'crashkernel_size\n',
  ].join('\n');
}

/** What prints how $CRASHKERNEL stands: its state, what is reserved, what is loaded, what the next boot has. */
function reservationScript(crashkernel: EndState['crashkernel'], texts: ExportTexts): string {
  if (crashkernel === null) return '';
  const own = exportTemplate(texts.export, 'reservation.sh');
  return [
    calledFunctions(own, convergeLibrary(texts.guest)),
    own,
    'reservation_state "$CRASHKERNEL"',
    'for name in crash_size crash_loaded; do kexec_fact "$name"; echo "${value:-0}"; done',
    'next_crashkernels\n',
  ].join('\n');
}

function answerOf(line: string): Record<string, string> {
  const [name = '', question = '', vtype = '', ...value] = line.split(' ');
  return { name, question, vtype, value: value.join(' ') };
}

function withPath({ key, value }: Setting): Record<string, string> {
  return { key, path: procPath(key), value };
}

/** Parents of our files that a system may lack. */
function directoriesOf({ files }: EndState): string[] {
  return [...new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/'))))].sort();
}
