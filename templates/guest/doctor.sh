# What a hang is read with, beside what the probe knows: types, headers, tools, symbols, and what the kernel lets root see.
# Reads only. `section NAME` comes from the frame around it.
fact() { printf '%s %s\n' "$1" "$2"; }

first() {
  v=
  [ -r "$1" ] || return 1
  { IFS= read -r v <"$1"; } 2>/dev/null
}

fact_from() {
  if first "$2"; then fact "$1" "$v"; fi
}

there() {
  if [ -e "$2" ]; then fact "$1" "$2"; fi
}

section doctor
first /proc/sys/kernel/osrelease
kernel=$v
there btf /sys/kernel/btf/vmlinux
there headers "/lib/modules/$kernel/build/include/generated/autoconf.h"
there modules "/lib/modules/$kernel"
for file in "/usr/lib/debug/boot/vmlinux-$kernel" "/usr/lib/debug/lib/modules/$kernel/vmlinux" "/lib/debug/vmlinux-$kernel"; do
  there symbols "$file"
done
there tracefs /sys/kernel/tracing/trace
there tracefs /sys/kernel/debug/tracing/trace
there journal /var/log/journal
there watch /etc/systemd/system/provision-watch.service
if first /proc/self/stack; then fact stacks yes; fi
for crash in /sys/fs/pstore/*; do
  if [ -e "$crash" ]; then fact pstore "${crash##*/}"; fi
done
for key in kptr_restrict dmesg_restrict perf_event_paranoid tainted hung_task_timeout_secs hung_task_warnings hung_task_panic \
  panic_on_oops sysrq nmi_watchdog panic unprivileged_bpf_disabled; do
  fact_from "sysctl.$key" "/proc/sys/kernel/$key"
done
if [ -d /proc/pressure ]; then fact psi yes; fi
for tool in crash makedumpfile kexec drgn bpftrace perf trace-cmd offcputime-bpfcc offcputime; do
  found=$(command -v "$tool" 2>/dev/null) && fact tool "$tool $found"
done

section config
for file in "/boot/config-$kernel" "/lib/modules/$kernel/config"; do
  if [ -r "$file" ]; then
    fact file "$file"
    cat "$file"
    break
  fi
done | grep -E '^(file |CONFIG_(DETECT_HUNG_TASK|STACKTRACE|DEBUG_INFO_BTF|KPROBES|BPF_SYSCALL|FTRACE|PSI|CRASH_DUMP|KEXEC|KEXEC_FILE|LOG_BUF_SHIFT|SCHED_DEBUG|SOFTLOCKUP_DETECTOR|HARDLOCKUP_DETECTOR|MAGIC_SYSRQ|KALLSYMS_ALL|DRM|WQ_WATCHDOG)=)'
