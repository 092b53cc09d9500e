import { packageNames, type LogicalPackage } from '../../facts/distribution.ts';
import { ok, onGuest, warn, type Checkup, type Patient } from './checkup.ts';

/** What a dump of this kernel is read with. */
export function symbolChecks(patient: Patient): Checkup[] {
  const { instruments, facts } = patient;
  if (instruments.symbols !== null) return [ok('symbols', `${instruments.symbols}, on the guest itself`)];
  const packages = packagesOf(patient, 'symbols');
  if (packages.length === 0)
    return [
      warn(
        'symbols',
        `none on the guest, and no package of them is known for ${facts.os.pretty}`,
        'provision dumps analyze DUMP --vmlinux FILE   (the vendor has it)',
      ),
    ];
  return [ok('symbols', `none on the guest; ${packages.join(' ')} is fetched to this machine when a dump is read`)];
}

/** Types, headers, and a tracer that can run with them. */
export function traceChecks(patient: Patient): Checkup[] {
  const { guest, facts, instruments } = patient;
  const { btf, headers, tools, tracefs } = instruments;
  const kernel = facts.kernel.release;
  const install = packagesOf(patient, 'headers');
  const names = install.length === 0 ? `linux-headers-${kernel}` : install.join(' ');
  const able = [
    ...(tools['bpftrace'] !== undefined && (btf || headers) ? ['bpftrace'] : []),
    ...(tools['offcputime'] !== undefined && btf ? ['libbpf-tools'] : []),
    ...(tools['offcputime-bpfcc'] !== undefined && headers ? ['bcc'] : []),
    ...(tools['perf'] !== undefined && tracefs ? ['perf'] : []),
  ];
  const apply = `provision apply offcpu-trace ${guest}`;
  const idle =
    tools['offcputime-bpfcc'] !== undefined && !headers ? '; bcc is there and has no headers to compile with' : '';
  return [
    btf
      ? ok('BTF', 'the kernel tells its types: bpftrace needs no headers')
      : warn('BTF', 'the kernel does not tell its types: every tracer needs headers'),
    headers
      ? ok('headers', `of ${kernel}`)
      : warn('headers', `none of ${kernel}: bcc cannot compile`, onGuest(`apt-get install ${names}`)),
    able.length === 0
      ? warn('tracing', `no tracer can run${idle}`, apply)
      : ok('tracing', `${able.join(', ')} can run${idle}`),
  ];
}

/** Tools that read memory on the guest: wanted only where dumps are not fetched, or where the guest is still alive. */
export function readerChecks({ guest, instruments }: Patient): Checkup[] {
  const { tools } = instruments;
  const there = ['crash', 'drgn'].filter((tool) => tools[tool] !== undefined);
  const checks: Checkup[] = [];
  if (tools['makedumpfile'] === undefined)
    checks.push(warn('makedumpfile', 'is missing: a dump would be as large as RAM', `provision apply kdump ${guest}`));
  checks.push(
    ok(
      'readers',
      there.length === 0 ? 'none on the guest: dumps are read on this machine' : `${there.join(', ')} on the guest`,
    ),
  );
  return checks;
}

function packagesOf({ distribution, facts }: Patient, logical: LogicalPackage): readonly string[] {
  return distribution === null ? [] : packageNames(distribution, logical, facts.kernel.release);
}
