import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of one side. */
export interface Certificate {
  cert: string;
  key: string;
}

/** A certificate authority made for one test: nobody else knows it. */
export interface Authority extends Certificate {
  /** @param names as openssl writes them: `IP:127.0.0.1,DNS:localhost` */
  issue: (name: string, names: string) => Certificate;
}

const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
};
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function authority(directory: string, name = 'ca'): Authority {
  const at = (file: string): string => join(directory, file);
  const ca = { cert: at(`${name}.crt`), key: at(`${name}.key`) };
  openssl('req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', ca.key, '-out', ca.cert);
  return {
    ...ca,
    issue: (whose, names) => {
      const issued = { cert: at(`${whose}.crt`), key: at(`${whose}.key`) };
      const request = at(`${whose}.csr`);
      openssl('req', ...KEY, '-subj', `/CN=${whose}`, '-keyout', issued.key, '-out', request);
      writeFileSync(at(`${whose}.ext`), `subjectAltName=${names}\n`);
      const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '2'];
      openssl('x509', '-req', '-in', request, ...by, '-extfile', at(`${whose}.ext`), '-out', issued.cert);
      return issued;
    },
  };
}
