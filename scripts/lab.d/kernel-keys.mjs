/**
 * What /proc/sys of a Debian 12 guest (6.1, amd64, no hardware watchdog under KVM) says where the machine below may
 * differ: another kernel, another configuration, values that somebody tuned.
 */
export const KERNEL_6_1 = {
  'kernel/dmesg_restrict': '1',
  'kernel/ftrace_dump_on_oops': '0',
  'kernel/ftrace_enabled': '1',
  'kernel/hardlockup_all_cpu_backtrace': '0',
  'kernel/hardlockup_panic': '0',
  'kernel/hung_task_all_cpu_backtrace': '0',
  'kernel/hung_task_check_count': '4194304',
  'kernel/hung_task_check_interval_secs': '0',
  'kernel/hung_task_panic': '0',
  'kernel/hung_task_timeout_secs': '120',
  'kernel/hung_task_warnings': '10',
  'kernel/kexec_load_disabled': '0',
  'kernel/kptr_restrict': '0',
  'kernel/max_rcu_stall_to_panic': '0',
  'kernel/nmi_watchdog': '0',
  'kernel/oops_all_cpu_backtrace': '0',
  'kernel/oops_limit': '10000',
  'kernel/panic': '0',
  'kernel/panic_on_io_nmi': '0',
  'kernel/panic_on_oops': '0',
  'kernel/panic_on_rcu_stall': '0',
  'kernel/panic_on_unrecovered_nmi': '0',
  'kernel/panic_on_warn': '0',
  'kernel/panic_print': '0',
  'kernel/perf_event_paranoid': '3',
  'kernel/printk': '4\t4\t1\t7',
  'kernel/sched_schedstats': '0',
  'kernel/soft_watchdog': '1',
  'kernel/softlockup_all_cpu_backtrace': '0',
  'kernel/softlockup_panic': '0',
  'kernel/stack_tracer_enabled': '0',
  'kernel/sysrq': '438',
  'kernel/tainted': '0',
  'kernel/unknown_nmi_panic': '0',
  'kernel/unprivileged_bpf_disabled': '2',
  'kernel/warn_limit': '0',
  'kernel/watchdog': '1',
  'kernel/watchdog_cpumask': '0-1',
  'kernel/watchdog_thresh': '10',
  'vm/oom_dump_tasks': '1',
  'vm/oom_kill_allocating_task': '0',
  'vm/panic_on_oom': '0',
};

/** Keys that came after 6.1, or that only the kernel below has. A guest must not seem to have them. */
export const NOT_IN_6_1 =
  /^(?:kernel\/(?:hung_task_detect_count|.*_sys_info|kexec_load_limit_.*|io_uring_.*|user_events_max|core_file_note_size_limit|core_modes|core_sort_vma|init_private.*|sched_(?:deadline_server|ext).*)|vm\/(?:defrag_mode|enable_soft_offline|memfd_noexec|mem_profiling|movable_gigantic_pages|vfs_cache_pressure_denom|compact_memory_.*)|fs\/(?:init_private.*))$/u;
