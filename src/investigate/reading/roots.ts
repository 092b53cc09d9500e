/** The outermost functions of stacks. Behind one of them, a function that is none belongs to the next stack. */
const ROOTS: ReadonlySet<string> = new Set([
  // x86: system calls, kernel threads, and CPUs that idle
  'do_syscall_64',
  'do_syscall_32_irqs_on',
  'do_fast_syscall_32',
  'do_SYSENTER_32',
  'do_int80_syscall_32',
  'do_int80_emulation',
  'entry_SYSCALL_64',
  'entry_SYSCALL_64_fastpath',
  'entry_SYSCALL_64_after_hwframe',
  'entry_SYSCALL_64_after_swapgs',
  'entry_SYSCALL_compat_after_hwframe',
  'entry_SYSENTER_compat',
  'entry_SYSENTER_compat_after_hwframe',
  'entry_INT80_32',
  'entry_INT80_compat',
  'ret_from_fork',
  'ret_from_fork_asm',
  'secondary_startup_64',
  'secondary_startup_64_no_verify',
  // arm64
  'el0_svc_common',
  'el0_svc_handler',
  'do_el0_svc',
  'do_el0_svc_compat',
  'el0_svc',
  'el0_svc_naked',
  'el0_svc_compat',
  'el0_sync',
  'el0_sync_handler',
  'el0_sync_compat',
  'el0_sync_compat_handler',
  'el0t_64_sync',
  'el0t_64_sync_handler',
  'el0t_32_sync',
  'el0t_32_sync_handler',
  'el0_da',
  'el0_ia',
  '__secondary_switched',
]);

export function isRoot(name: string): boolean {
  return ROOTS.has(name);
}

/** What reports on a CPU that does not get on. It came in by an interrupt; what it interrupted is the story. */
const DETECTORS =
  /^(?:watchdog_(?:timer_fn|overflow_callback|hardlockup_check)|rcu_(?:dump_cpu_stacks|sched_clock_irq|check_gp_start_stall)|print_(?:cpu_stall|other_cpu_stall)|nmi_cpu_backtrace(?:_handler)?|nmi_trigger_cpumask_backtrace|trigger_single_cpu_backtrace|perf_event_overflow|default_do_nmi|exc_nmi|do_nmi|nmi_handle|sysrq_handle_showallcpus|showacpu)$/;

export function isDetector(name: string): boolean {
  return DETECTORS.test(name);
}

/** Where an interrupt came in, on stacks that do not mark what it interrupted. */
const INTERRUPT =
  /^(?:el1_irq|el1h_64_irq|el1_interrupt|apic_timer_interrupt|asm_sysvec_\w+|asm_exc_nmi|end_repeat_nmi|irq_stack_backtrace)$/;

export function isInterrupt(name: string): boolean {
  return INTERRUPT.test(name);
}
