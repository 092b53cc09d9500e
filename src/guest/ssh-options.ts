import { ProvisionError } from '../errors.ts';
import { matchesList } from './pattern.ts';
import type { ConfigLine } from './ssh-config.ts';

/** What is asked of the configuration; set fields win over it. */
interface SshQuestion {
  /** As the person wrote it. */
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly localUser: string;
}

/** What the configuration says, in OpenSSH's words; paths and tokens are still to be expanded. */
export interface SshOptions {
  readonly hostName: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly identityAgent: string | undefined;
  readonly certificateFiles: readonly string[];
  readonly hostKeyAlias: string | undefined;
  readonly userKnownHostsFiles: readonly string[] | undefined;
  readonly globalKnownHostsFiles: readonly string[] | undefined;
  /** `no` counts as `accept-new`: a changed key is refused whatever the configuration says. */
  readonly strictHostKeyChecking: 'yes' | 'ask' | 'accept-new';
  readonly hashKnownHosts: boolean;
  readonly connectTimeoutMs: number | undefined;
  readonly addressFamily: 4 | 6 | undefined;
  /** The control socket of an ssh that holds a connection. */
  readonly controlPath: string | undefined;
  /** The option that puts something between us and the guest. */
  readonly proxy: { readonly option: 'ProxyJump' | 'ProxyCommand'; readonly value: string } | undefined;
}

const SEVERAL: ReadonlySet<string> = new Set(['identityfile', 'certificatefile']);

/** The first value of an option wins; identity and certificate files add up. */
export function sshOptions(lines: readonly ConfigLine[], question: SshQuestion): SshOptions {
  const reading = new Reading(question);
  reading.walk(lines, true, false);
  if (reading.wantsFinal) reading.again(lines);
  reading.refuseUnsupported();
  const one = (keyword: string): string | undefined => reading.first(keyword)?.[0];
  const strict = one('stricthostkeychecking')?.toLowerCase();
  const hostName = reading.hostName.toLowerCase();
  return {
    hostName,
    user: question.user ?? one('user'),
    port: question.port ?? portOf(one('port')),
    identityFiles: reading.every('identityfile'),
    identitiesOnly: isYes(one('identitiesonly')),
    identityAgent: one('identityagent'),
    certificateFiles: reading.every('certificatefile'),
    hostKeyAlias: one('hostkeyalias')?.toLowerCase(),
    userKnownHostsFiles: reading.first('userknownhostsfile'),
    globalKnownHostsFiles: reading.first('globalknownhostsfile'),
    strictHostKeyChecking: STRICTNESS[strict ?? 'ask'] ?? 'ask',
    hashKnownHosts: isYes(one('hashknownhosts')),
    connectTimeoutMs: secondsOf(one('connecttimeout')),
    addressFamily: FAMILIES[one('addressfamily')?.toLowerCase() ?? ''],
    controlPath: one('controlpath'),
    proxy: reading.proxy,
  };
}

const STRICTNESS: Readonly<Record<string, SshOptions['strictHostKeyChecking']>> = {
  yes: 'yes',
  true: 'yes',
  ask: 'ask',
  'accept-new': 'accept-new',
  no: 'accept-new',
  false: 'accept-new',
  off: 'accept-new',
};
const FAMILIES: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 };

/** Options that cannot be passed over, with the values that make them count. */
const UNSUPPORTED: Readonly<Record<string, RegExp>> = {
  canonicalizehostname: /^(yes|true|always)$/i,
  proxyusefdpass: /^(yes|true)$/i,
  revokedhostkeys: /^(?!none$)/i,
};
const USE_OPENSSH = 'use --transport openssh';

/** The place is part of the message: it is what has to be changed, and a guest's report shows no other. */
function unsupported({ file, line }: { file: string; line: number }, what: string, hint: string): ProvisionError {
  return new ProvisionError('E_SSH_UNSUPPORTED', `\`${what}\` is not supported (${file}:${line})`, {
    hint,
    where: { file, line },
  });
}

type BlockLine = Extract<ConfigLine, { args: readonly string[]; kind: 'host' | 'match' }>;
type OptionLine = Extract<ConfigLine, { kind: 'option' }>;

class Reading {
  wantsFinal = false;
  #final = false;
  #settled: string | undefined;
  readonly #question: SshQuestion;
  readonly #values = new Map<string, OptionLine>();
  readonly #several = new Map<string, string[]>();
  #proxy: SshOptions['proxy'] | 'none';

  constructor(question: SshQuestion) {
    this.#question = question;
  }

  first(keyword: string): readonly string[] | undefined {
    return this.#values.get(keyword)?.args;
  }

  every(keyword: string): readonly string[] {
    return this.#several.get(keyword) ?? [];
  }

  get proxy(): SshOptions['proxy'] {
    return this.#proxy === 'none' ? undefined : this.#proxy;
  }

  /** The name to connect to, as far as it is known. */
  get hostName(): string {
    const { host } = this.#question;
    if (this.#settled !== undefined) return this.#settled;
    return this.first('hostname')?.[0]?.replaceAll(/%[h%]/g, (token) => (token === '%%' ? '%' : host)) ?? host;
  }

  /** The final pass knows the name to connect to, and does not change it. */
  again(lines: readonly ConfigLine[]): void {
    this.#settled = this.hostName;
    this.#final = true;
    this.walk(lines, true, false);
  }

  walk(lines: readonly ConfigLine[], active: boolean, never: boolean): void {
    for (const line of lines) {
      if (line.kind === 'include') for (const file of line.files) this.walk(file, active, never || !active);
      else if (line.kind === 'option') {
        if (active) this.#set(line);
      } else if (never) active = false;
      else active = line.kind === 'host' ? this.#matchesHost(line.args) : this.#matches(line);
    }
  }

  #matchesHost(patterns: readonly string[]): boolean {
    return matchesList(this.#question.host, patterns);
  }

  #set(line: OptionLine): void {
    const { keyword, args, raw } = line;
    if (keyword === 'proxyjump' || keyword === 'proxycommand') {
      const option = keyword === 'proxyjump' ? 'ProxyJump' : 'ProxyCommand';
      this.#proxy ??= raw.toLowerCase() === 'none' ? 'none' : { option, value: raw };
      return;
    }
    if (args[0] === undefined) return;
    if (SEVERAL.has(keyword)) {
      const list = this.#several.get(keyword) ?? [];
      if (!list.includes(args[0])) this.#several.set(keyword, [...list, args[0]]);
    } else if (keyword === 'connecttimeout' && args[0].toLowerCase() === 'none') return;
    else if (!this.#values.has(keyword)) this.#values.set(keyword, line);
  }

  /** @throws ProvisionError E_SSH_UNSUPPORTED for an option that would change where we end, or whom we trust */
  refuseUnsupported(): void {
    for (const [keyword, matters] of Object.entries(UNSUPPORTED)) {
      const found = this.#values.get(keyword);
      if (found !== undefined && matters.test(found.args[0] ?? ''))
        throw unsupported(found, `${found.keyword} ${found.args[0] ?? ''}`, USE_OPENSSH);
    }
  }

  #matches(line: BlockLine): boolean {
    const words = line.args.flatMap((word) => word.split(/=(.*)/s, 2));
    let matched = true;
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      const negated = word.startsWith('!');
      const criterion = word.slice(negated ? 1 : 0).toLowerCase();
      if (criterion === 'final') this.wantsFinal = true;
      const fixed = { all: true, final: this.#final, canonical: this.#final }[criterion];
      if (fixed !== undefined) {
        if (fixed === negated) matched = false;
        continue;
      }
      const value = words[++at] ?? '';
      // A criterion that we cannot judge matters only where the others leave it open.
      if (matched && this.#judge(criterion, value, line) === negated) matched = false;
    }
    return matched;
  }

  #judge(criterion: string, value: string, line: BlockLine): boolean {
    const { host, user, localUser } = this.#question;
    const list = value.split(',');
    const lower = list.map((pattern) => pattern.toLowerCase());
    if (criterion === 'host') return matchesList(this.hostName.toLowerCase(), lower);
    if (criterion === 'originalhost') return matchesList(host.toLowerCase(), lower);
    if (criterion === 'user') return matchesList(user ?? this.first('user')?.[0] ?? localUser, list);
    if (criterion === 'localuser') return matchesList(localUser, list);
    throw unsupported(line, `Match ${criterion}`, `say the same with Host or Match host, or ${USE_OPENSSH}`);
  }
}

function isYes(value: string | undefined): boolean {
  return value !== undefined && ['yes', 'true'].includes(value.toLowerCase());
}

function portOf(value: string | undefined): number | undefined {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `10`, `1m30s`; `none` is no limit of its own. */
function secondsOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^(\d+[smhdw]?)+$/i.test(value)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)([smhdw]?)/gi))
    seconds += Number(count) * (UNITS[(unit ?? '').toLowerCase()] ?? 1);
  return seconds > 0 ? seconds * 1000 : undefined;
}
