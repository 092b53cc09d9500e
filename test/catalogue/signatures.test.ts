import { describe, expect, it } from 'vitest';
import { wrongExamples } from '../../src/investigate/signatures/examples.ts';
import { loadHangKnowledge } from '../../src/shipped/hang-knowledge.ts';

const knowledge = loadHangKnowledge();
const { signatures } = knowledge;

const CATEGORIES =
  'reclaim-drain workqueue-flush mutex-wait rwsem-wait jbd2 xfs btrfs zfs nfs fuse fsfreeze block-freeze block-io virtio-queue ' +
  'virtio-gpu drm-fence ttm-evict rcu-stall soft-lockup hard-lockup oom cgroup module-load suspend usb nvme md-raid not-a-hang';

describe('catalogue/signatures', () => {
  it.each(signatures.map((signature) => [signature.name, signature] as const))(
    '%s fits its own examples and no others',
    (_name, signature) => {
      expect(wrongExamples(signature, knowledge)).toEqual([]);
    },
  );

  it.each(CATEGORIES.split(' '))('has the category %s', (category) => {
    expect(signatures.map((signature) => signature.category)).toContain(category);
  });

  it('has both changes that end the draining of pages under virtio_gpu', () => {
    const fixes = signatures.find(({ name }) => name === 'drain-all-pages')?.fixes ?? [];
    expect(fixes.map(({ commit, release }) => [commit.slice(0, 12), release])).toEqual([
      ['443c2accd1b6', '6.0'],
      ['c66df701e783', '5.4'],
    ]);
  });
});

describe('catalogue/frames', () => {
  it('knows functions of all the subsystems that hangs are in', () => {
    expect(knowledge.frames.size).toBeGreaterThan(1000);
    const subsystems = new Set([...knowledge.frames.values()].map(({ subsystem }) => subsystem));
    for (const subsystem of 'sched locking mm workqueue block fs drm virtio net rcu'.split(' ')) {
      expect(subsystems).toContain(subsystem);
    }
  });
});
