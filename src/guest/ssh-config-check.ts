import { ProvisionError } from '../errors.ts';
import { matchesList } from './pattern.ts';

/** A line before it is known to be good: words is undefined where quotes do not close. */
export interface WrittenLine {
  readonly keyword: string;
  readonly words: readonly string[] | undefined;
  readonly file: string;
  readonly line: number;
}

/** What `ssh` of OpenSSH 10 knows, deprecated options and those of Debian and Apple included. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `
  addkeystoagent addressfamily afstokenpassing batchmode bindaddress bindinterface canonicaldomains
  canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames
  casignaturealgorithms certificatefile challengeresponseauthentication channeltimeout checkhostip cipher
  ciphers clearallforwardings compression compressionlevel connectionattempts connecttimeout controlmaster
  controlpath controlpersist dsaauthentication dynamicforward enableescapecommandline enablesshkeysign
  escapechar exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication forwardagent forwardx11
  forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile globalknownhostsfile2
  gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange
  gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hashknownhosts hostbasedacceptedalgorithms
  hostbasedauthentication hostbasedkeytypes hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent
  identityfile identityfile2 ignoreunknown include ipqos kbdinteractiveauthentication kbdinteractivedevices
  keepalive kerberosauthentication kerberostgtpassing kexalgorithms knownhostscommand localcommand localforward
  loglevel logverbose macs match host nohostauthenticationforlocalhost numberofpasswordprompts
  obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider port
  preferredauthentications protocol protocolkeepalives proxycommand proxyjump proxyusefdpass
  pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication refuseconnection rekeylimit remotecommand
  remoteforward requesttty requiredrsasize revokedhostkeys rhostsauthentication rhostsrsaauthentication
  rsaauthentication securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv
  setuptimeout skeyauthentication smartcarddevice stdinnull streamlocalbindmask streamlocalbindunlink
  stricthostkeychecking syslogfacility tag tcpkeepalive tisauthentication tunnel tunneldevice updatehostkeys
  usekeychain useprivilegedport user userknownhostsfile userknownhostsfile2 useroaming usersh useblacklistedkeys
  verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
`
    .trim()
    .split(/\s+/),
);

const BOOLEAN = /^(yes|no|true|false)$/i;
/** Options that take one value and whose value counts here, with what ssh takes for it. */
const VALUES: Readonly<Record<string, RegExp>> = {
  addressfamily: /^(any|inet6?)$/i,
  certificatefile: /./,
  connecttimeout: /^(none|(\d+[smhdw]?)+)$/i,
  hashknownhosts: BOOLEAN,
  hostkeyalias: /./,
  hostname: /./,
  identitiesonly: BOOLEAN,
  identityagent: /./,
  identityfile: /./,
  port: /^0*([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/,
  stricthostkeychecking: /^(yes|no|true|false|off|ask|accept-new)$/i,
  user: /./,
};

const CRITERIA =
  'canonical final exec host originalhost user localuser localnetwork tagged version command sessiontype';

/** Refuses what ssh refuses, in the words of a person who wrote it. */
export class ConfigCheck {
  readonly #ignored: string[] = [];

  /** @throws ProvisionError E_INVENTORY with the place of the line */
  line(written: WrittenLine): void {
    const { keyword, words } = written;
    if (words === undefined) throw refused(written, `the quotes after ${keyword} do not close`);
    if (!KEYWORDS.has(keyword)) {
      if (matchesList(keyword, this.#ignored)) return;
      throw refused(
        written,
        `ssh knows no option ${keyword}`,
        `correct it, or say \`IgnoreUnknown ${keyword}\` above it`,
      );
    }
    if (words.length === 0) throw refused(written, `${keyword} has no value`);
    if (keyword === 'ignoreunknown') this.#ignored.push(...(words[0] ?? '').toLowerCase().split(','));
    if (keyword === 'match') checkMatch(written, words);
    const value = VALUES[keyword];
    if (value === undefined) return;
    if (words.length > 1) throw refused(written, `${keyword} takes one value`, 'put quotes round a value with blanks');
    if (!value.test(words[0] ?? '')) throw refused(written, `${keyword} cannot be ${JSON.stringify(words[0])}`);
  }
}

function checkMatch(written: WrittenLine, words: readonly string[]): void {
  const parts = words.flatMap((word) => word.split(/=(.*)/s, 2));
  for (let at = 0, criteria = 0; at < parts.length; at++, criteria++) {
    const criterion = (parts[at] ?? '').replace(/^!/, '').toLowerCase();
    if (criterion === 'all') {
      if (criteria <= 1 && at === parts.length - 1) return;
      throw refused(written, 'Match all stands alone', 'take the other conditions, or all, out');
    }
    if (!CRITERIA.split(' ').includes(criterion))
      throw refused(written, `ssh knows no condition \`Match ${criterion}\``);
    if (criterion === 'canonical' || criterion === 'final') continue;
    at += 1;
    if ((parts[at] ?? '') === '') throw refused(written, `Match ${criterion} has nothing to compare with`);
  }
}

function refused({ file, line }: WrittenLine, message: string, hint?: string): ProvisionError {
  return new ProvisionError('E_INVENTORY', message, {
    hint: hint ?? 'ssh refuses this file too: correct the line',
    where: { file, line },
  });
}
