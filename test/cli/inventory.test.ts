import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { printError } from '../../src/cli/print-error.ts';
import { buildProgram } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  mkdirSync(at('group_vars'));
  writeFileSync(at('hosts'), HOSTS);
  writeFileSync(at('group_vars/web.yml'), 'provision: { kdump.keep: 3 }\n');
  writeFileSync(at('group_vars/all'), '$ANSIBLE_VAULT;1.1;AES256\n66\n');
  writeFileSync(at('loaded.cjs'), LOADED);
});

const HOSTS = `lone
[web]
web[1:2] ansible_host=192.0.2.1 ansible_user=ops ansible_port=2222 ansible_become=yes ansible_ssh_common_args="-J b"
web2 hung_task.timeout=120s
[switches]
sw1 ansible_connection=network_cli
[prod:children]
web
`;
/** Says at the end which packages were loaded. */
const LOADED = `process.on('exit', () => {
  const files = Object.keys(require('node:module')._cache);
  process.stderr.write('loaded: ' + files.filter((file) => /ssh2|inquirer|zx/.test(file)).join(' ') + '\\n');
});`;

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as main.ts runs it, in this process. */
async function provision(args: readonly string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    const code = await buildProgram(new AbortController().signal)
      .run(['inventory', ...args])
      .catch(printError);
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function ownProcess(args: readonly string[], input: string): Promise<Said> {
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const argv = ['--require', at('loaded.cjs'), '--import', 'tsx', main, 'inventory', ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

describe('inventory list', () => {
  it('shows how guests are reached, and where that stands', async () => {
    const { code, stdout, stderr } = await provision(['list', 'web:lone', '-i', at('hosts')]);
    expect(code).toBe(0);
    expect(stdout.replaceAll(folder, '.')).toBe(
      `GUEST  ADDRESS               USER  BECOME  GROUPS    SETTINGS                             FROM
lone   lone                  -     -       -         -                                    ./hosts:1
web1   192.0.2.1:2222 via b  ops   sudo    prod,web  kdump.keep=3                         ./hosts:3
web2   192.0.2.1:2222 via b  ops   sudo    prod,web  kdump.keep=3 hung_task.timeout=120s  ./hosts:3
`,
    );
    expect(stderr).toContain('group_vars/all is encrypted with ansible-vault and was not read');
  });

  it('shows guests that cannot be used too, and what is wrong with them', async () => {
    const { code, stdout, stderr } = await provision(['list', '-q', '-i', at('hosts')]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^sw1 /m);
    expect(stderr).toContain(`${at('hosts')}:6:24: error: ansible_connection takes ssh or local, not "network_cli"`);
  });

  it('takes patterns of a file', async () => {
    writeFileSync(at('failed.txt'), '# of yesterday\nweb[1-2]\n!web1\n');
    const { stdout } = await provision(['list', '-l', `@${at('failed.txt')}`, '-q', '-i', at('hosts')]);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['GUEST', 'web2', '']);
  });

  it('as JSON', async () => {
    const { stdout } = await provision(['list', 'web2,sw1', '--json', '-i', at('hosts')]);
    const { guests, notes } = JSON.parse(stdout) as { guests: object[]; notes: string[] };
    expect(guests).toMatchObject([
      { name: 'sw1', problems: [{ file: at('hosts'), line: 6 }] },
      { name: 'web2', host: '192.0.2.1', port: 2222, jump: 'b', become: true, from: { line: 3 } },
    ]);
    expect(notes).toHaveLength(1);
  });

  it('reads standard input, and loads nothing that talks to guests', async () => {
    const { code, stdout, stderr } = await ownProcess(
      ['list', '-i', '-'],
      '{"_meta": {"hostvars": {}}, "web": ["w1", "w2"]}',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^w2 .* stdin$/m);
    expect(stderr).toMatch(/^loaded: $/m);
  });

  it('reads more than a pipe holds at once', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `w${index} note=${'x'.repeat(80)}\n`).join('');
    const { code, stdout } = await ownProcess(['list', 'w19999', '-i', '-'], many);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^w19999 .* stdin:20000$/m);
  });

  it('an inventory that is wrong on standard input has a place', async () => {
    const { code, stderr } = await ownProcess(['list', '-i', '-'], '[web]\nw1 x\n');
    expect(code).toBe(2);
    expect(stderr).toContain('stdin:2:4: error: "x" is no key=value');
  });
});

describe('inventory graph', () => {
  it('draws what ansible-inventory --graph draws', async () => {
    const { code, stdout } = await provision(['graph', '-i', at('hosts')]);
    expect(code).toBe(0);
    expect(stdout).toBe(`@all:
  |--@ungrouped:
  |  |--lone
  |--@switches:
  |  |--sw1
  |--@prod:
  |  |--@web:
  |  |  |--web1
  |  |  |--web2
`);
  });

  it('of the guests that were named, as JSON', async () => {
    const { stdout } = await provision(['graph', 'web2', '--json', '-i', at('hosts')]);
    expect(JSON.parse(stdout)).toEqual({
      all: { children: ['ungrouped', 'switches', 'prod'], guests: [] },
      ungrouped: { children: [], guests: [] },
      web: { children: [], guests: ['web2'] },
      switches: { children: [], guests: [] },
      prod: { children: ['web'], guests: [] },
    });
  });
});

it('other words are a usage error', async () => {
  const { code, stderr } = await provision(['lst']);
  expect(code).toBe(2);
  expect(stderr).toContain('inventory takes list or graph, not "lst"');
});
