import type { Facts } from '../facts/facts.ts';

const KNOWN_AS: Readonly<Record<string, string>> = { debian: 'Debian', ubuntu: 'Ubuntu', uos: 'UOS', deepin: 'Deepin' };

/** `Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu`: what tells guests apart in a folded list. */
export function systemLine(facts: Facts): string {
  const name = `${KNOWN_AS[facts.os.id] ?? facts.os.id} ${facts.os.versionId}`.trim();
  const memory = `${(facts.memTotalKiB / 1024 / 1024).toFixed(1)} GiB`;
  const gpu = facts.drivers.includes('virtio_gpu') ? ['virtio_gpu'] : [];
  return [name || 'unknown system', facts.kernel.release, memory, ...gpu].join(', ');
}
