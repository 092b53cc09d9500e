import type { GuestWaits, Wait } from '../../../src/investigate/wait.ts';

const HOSTILE = `</script><script>document.title='owned'</script><img src="http://192.0.2.1/x" onerror="document.title='owned'">]]>&amp;"'{{title}}\u001b[31m\u202e`;

function wait(comm: string, stack: string, us: number, more: Partial<Wait> = {}): Wait {
  return { comm, pid: 1, stack: stack.split(' '), user: [], waker: null, us, pending: false, ...more };
}

const SYSCALL = 'do_syscall_64 entry_SYSCALL_64_after_hwframe';

/** What a desktop waits for: a disk, its GPU, a lock, reclaim, and who wakes it. */
export function desktop(guest: string): GuestWaits {
  const disk = {
    waker: {
      comm: 'swapper/0',
      stack: [
        'try_to_wake_up',
        'complete',
        'blk_update_request',
        'virtblk_done',
        'vring_interrupt',
        'common_interrupt',
      ],
    },
  };
  const gpu = {
    waker: {
      comm: 'kworker/0:2',
      stack: [
        'try_to_wake_up',
        'dma_fence_signal',
        'virtio_gpu_dequeue_ctrl_func',
        'process_one_work',
        'worker_thread',
      ],
    },
  };
  return {
    guest,
    waits: [
      wait(
        'dd',
        `__schedule schedule io_schedule submit_bio_wait __blkdev_direct_IO_simple blkdev_read_iter vfs_read ksys_read ${SYSCALL}`,
        2_912_345,
        disk,
      ),
      wait(
        'jbd2/vda1-8',
        '__schedule schedule io_schedule bit_wait_io __wait_on_bit out_of_line_wait_on_bit jbd2_journal_commit_transaction kjournald2 kthread ret_from_fork',
        310_000,
        disk,
      ),
      wait(
        'Xorg',
        `__schedule schedule schedule_timeout dma_fence_default_wait dma_fence_wait_timeout virtio_gpu_wait_ioctl drm_ioctl_kernel drm_ioctl __x64_sys_ioctl ${SYSCALL}`,
        620_000,
        { ...gpu, user: ['ioctl', 'drmIoctl', 'main'] },
      ),
      wait(
        'Xorg',
        `__schedule schedule schedule_preempt_disabled __mutex_lock ww_mutex_lock drm_modeset_lock drm_ioctl __x64_sys_ioctl ${SYSCALL}`,
        240_000,
        gpu,
      ),
      wait(
        'Xorg',
        `__schedule schedule io_schedule folio_wait_bit_common shrink_folio_list shrink_node try_to_free_pages __alloc_pages drm_gem_get_pages drm_ioctl ${SYSCALL}`,
        180_000,
        disk,
      ),
      wait(
        'Xorg',
        `__schedule percpu_rwsem_wait __percpu_down_read mnt_want_write open_last_lookups path_openat do_filp_open ${SYSCALL}`,
        90_000,
        { pending: true },
      ),
      wait('Xorg', 'schedule rare_function seldom', 1500),
      wait('sshd', `schedule schedule_hrtimeout_range_clock do_poll do_sys_poll ${SYSCALL}`, 85_000),
    ],
  };
}

/** Names that would be markup, an end of a script, control characters, or a template's place. */
export function hostile(guest: string): GuestWaits {
  return {
    guest: `${guest}${HOSTILE}`,
    waits: [
      wait(HOSTILE, 'schedule', 100, { stack: ['schedule', HOSTILE], waker: { comm: HOSTILE, stack: [HOSTILE] } }),
      wait('w'.repeat(300), 'schedule do_nanosleep', 100),
    ],
  };
}

/** Stacks that share little. */
export function manyStacks(guest: string, count: number): GuestWaits {
  const waits = Array.from({ length: count }, (_, at) =>
    wait(
      `t${at % 40}`,
      Array.from({ length: 25 }, (_none, depth) => `f${24 - depth}_${at % ((25 - depth) * 30 + 1)}`).join(' '),
      1 + (at % 97),
    ),
  );
  return { guest, waits };
}
