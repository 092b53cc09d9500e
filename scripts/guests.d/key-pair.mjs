import fs from 'node:fs';
import ssh2 from 'ssh2';

/**
 * A new key pair that can be read back. ssh2 1.17 drops the leading zero bytes of an ed25519 public key (`parseDERs` in
 * its keygen.js), so one pair in 256 is a file that neither it nor OpenSSH reads: such a pair is drawn again.
 * @param {'ed25519' | 'ecdsa'} type
 * @param {{comment?: string, bits?: number}} [options]
 * @returns {{private: string, public: string}} texts of the two files, without a final line break
 */
export function generateKeys(type, options) {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync(type, options);
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** A key pair made once; answers with the public half. @param {string} file @param {string} comment */
export function keyPair(file, comment) {
  const publicFile = `${file}.pub`;
  if (!fs.existsSync(publicFile)) {
    const pair = generateKeys('ed25519', { comment });
    fs.writeFileSync(file, pair.private, { mode: 0o600 });
    fs.writeFileSync(publicFile, `${pair.public}\n`);
  }
  return fs.readFileSync(publicFile, 'utf8').trim();
}
