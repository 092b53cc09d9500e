import { describe, expect, it } from 'vitest';
import { HeldLocks } from '../../../src/investigate/reading/held-locks.ts';
import { StackStream } from '../../../src/investigate/reading/read-traces.ts';

const LIST = `Showing all locks held in the system:
2 locks held by kworker/u4:1/21:
 #0: ffff8880b9f34cd8 (&rq->lock){-.-.}-{2:2}, at: rq_lock kernel/sched/sched.h:1292 [inline]
 #0: ffff8880b9f34cd8 (&rq->lock){-.-.}-{2:2}, at: __schedule+0x21a/0x2130 kernel/sched/core.c:4440
 #1: ffff888077d68a80 (&type->s_umount_key#40){++++}-{3:3}, at: iterate_supers+0xb0/0x1e0
1 lock held by khungtaskd/30:
 #0: ffffffff8eb38fa0 (rcu_read_lock){....}-{1:3}, at: debug_show_all_locks+0x55/0x2a0
3 locks held by umount/4000:
 #0: ffff888077d68a80 (&type->s_umount_key#40){++++}-{3:3}, at: deactivate_super+0xa9/0xe0
 #1: ffff888077d68b00 (&journal->j_barrier){+.+.}-{3:3}, at: jbd2_journal_lock_updates+0x1/0x2
 #2: ffff888077d68c00 (&ei->i_data_sem){++++}-{3:3}, at: ext4_map_blocks+0x1/0x2
2 locks held by sync/5000:
 #0: ffff888077d68a80 (&type->s_umount_key#40){++++}-{3:3}, at: iterate_supers+0xb0/0x1e0`;

function contended(text: string) {
  const locks = new HeldLocks();
  for (const line of text.split('\n')) locks.line(line);
  return locks.contended();
}

describe('locks that lockdep lists', () => {
  it('tell the holder from those who wait: a waiter has the lock as its last', () => {
    expect(contended(LIST)).toEqual([
      {
        name: '&type->s_umount_key#40',
        address: 'ffff888077d68a80',
        holders: [{ comm: 'umount', pid: 4000 }],
        waiters: [
          { comm: 'kworker/u4:1', pid: 21 },
          { comm: 'sync', pid: 5000 },
        ],
      },
    ]);
  });

  it('tell of nobody where several hold the same lock for reading, or one alone', () => {
    const both = LIST.split('\n')
      .filter((line) => !/kworker|sync|rq_lock/.test(line))
      .join('\n');
    expect(contended(both)).toEqual([]);
  });

  it('are read from a log, and the newest list counts', () => {
    const stream = new StackStream();
    const old = LIST.replaceAll('umount/4000', 'mount/1');
    stream.push(`${old}\n${LIST}`.replaceAll(/^/gm, '[  448.3] '));
    const { locks, groups } = stream.end();
    expect(groups).toEqual([]);
    expect(locks.map(({ holders }) => holders.map(({ comm }) => comm))).toEqual([['umount']]);
  });

  it('are bounded', () => {
    const many = Array.from(
      { length: 20_000 },
      (_none, index) => `1 lock held by t/${index}:\n #0: ffff888077d68a80 (&a){+.+.}, at: f+0x1/0x2`,
    );
    expect(contended(many.join('\n'))[0]?.waiters.length).toBe(5000);
  });
});
