import type { BaseAgent, ParsedKey } from 'ssh2';

/** A key that an agent holds and signs with. */
export interface AgentKey {
  readonly comment: string;
  readonly blob: Buffer;
  /** An agent that offers this key alone, in the shape that ssh2 takes. */
  readonly agent: BaseAgent;
}

/**
 * The keys of an agent, asked for once; types that ssh2 cannot use are left out.
 * @throws Error when the agent does not answer
 */
export async function agentKeys(socket: string): Promise<readonly AgentKey[]> {
  const { default: ssh2 } = await import('ssh2');
  const agent = ssh2.createAgent(socket);
  const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, found) => {
      if (error) reject(error);
      else resolve((found ?? []).map((key) => ssh2.utils.parseKey(key as ParsedKey)).filter(isKey));
    });
  });
  return keys.map((key) => {
    const alone = Object.create(agent) as BaseAgent;
    alone.getIdentities = (done) => {
      done(undefined, [key]);
    };
    return { comment: key.comment || key.type, blob: key.getPublicSSH(), agent: alone };
  });
}

function isKey(parsed: ParsedKey | ParsedKey[] | Error): parsed is ParsedKey {
  return !(parsed instanceof Error) && !Array.isArray(parsed);
}
