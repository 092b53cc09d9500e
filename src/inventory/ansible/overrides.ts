import { ProvisionError, ProvisionErrors } from '../../errors.ts';
import { readYaml } from '../../yaml/read.ts';
import { plain, type Plain } from '../../yaml/tree.ts';
import type { GuestVar } from '../guest.ts';
import { readOverride, type WrittenOverride } from '../vars.ts';
import type { Variable, Variables } from './definitions.ts';
import { isOverride, OVERRIDES_KEY } from './keys.ts';
import { isTemplate } from './template.ts';

/**
 * What variables say to a profile: the mapping `provision`, and keys that are paths, such as `hung_task.timeout`.
 * @param scope whose variables they are: `group desktops`
 * @param errors gets what is wrong, with its place
 */
export function overridesOf(vars: Variables, scope: string, errors: ProvisionError[]): GuestVar[] {
  return [...vars].flatMap(([key, variable]) => {
    if (!isOverride(key)) return [];
    const fail = (message: string, hint: string): GuestVar[] => {
      errors.push(new ProvisionError('E_INVENTORY', message, { hint, where: variable.mark.place() }));
      return [];
    };
    if (variable.sealed) return fail(`${key} is encrypted with ansible-vault`, 'write what is no secret in the clear');
    const value = typedValue(variable, errors);
    if (hasTemplate(value))
      return fail(`${key} is a template, which only Ansible can fill in`, 'write the value itself');
    const { file } = variable.mark;
    const written = (steps: readonly string[], inner: Plain): WrittenOverride => ({
      value: inner,
      line: (more) => (variable.line ? variable.line([...steps, ...more]) : variable.mark.line),
      keyPlace: () => placeOf(variable, steps, true),
      place: (more, onKey) => placeOf(variable, [...steps, ...more], onKey),
    });
    if (key !== OVERRIDES_KEY) return readOverride(key, written([], value), file, scope, errors);
    if (!isMapping(value)) return fail('provision takes a mapping of settings', 'such as hung_task.timeout: 120s');
    return Object.entries(value).flatMap(([path, inner]) =>
      readOverride(path, written([path], inner), file, scope, errors),
    );
  });
}

/** Text of an INI file whose type Python could not tell is read as YAML, as the value of --set is. */
function typedValue({ value, text, mark }: Variable, errors: ProvisionError[]): Plain {
  if (text === undefined || typeof value !== 'string' || value !== text || isTemplate(text)) return value;
  // Most values are one word, and thousands of guests may have one.
  if (/^[a-z0-9]*[a-z][a-z0-9]*$/i.test(text) && !/^(?:true|false|null)$/i.test(text)) return value;
  try {
    const yaml = readYaml(`value: ${text}`, mark.file, 'E_INVENTORY');
    const node = yaml.root.entries.get('value')?.value;
    return node === undefined || yaml.problems.length > 0 || yaml.root.entries.size > 1 ? value : plain(node);
  } catch (error) {
    if (!(error instanceof ProvisionErrors)) throw error;
    const { message, hint } = error;
    errors.push(new ProvisionError('E_INVENTORY', message, { hint, where: mark.place() }));
    return value;
  }
}

function placeOf(
  { mark, part }: Variable,
  steps: readonly PropertyKey[],
  onKey: boolean,
): ReturnType<typeof mark.place> {
  return part && (steps.length > 0 || !onKey) ? part(steps, onKey) : mark.place();
}

function hasTemplate(value: Plain): boolean {
  if (typeof value === 'string') return isTemplate(value);
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => hasTemplate(inner));
}

function isMapping(value: Plain): value is Readonly<Record<string, Plain>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
