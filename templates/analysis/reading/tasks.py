"""The tasks of a vmcore: state, how long each has waited, its stack; and who holds the most memory."""

from drgn import TypeKind
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_cpu, task_state_to_char

from reading.objects import describe, member, module_of, module_place, page_size, program, symbol_name, text

MAX_FRAMES = 128
USER_SPACE_END = 1 << 57  # of all 64-bit machines: kernel addresses have the topmost bits set


def frames_of(task):
    """
    (frames, why the stack ends too early or None). Without a module's debug file there is no unwind data for its code:
    what is found behind such a frame is not to be believed, and is left out.
    """
    frames = []
    for frame in program().stack_trace(task):
        try:
            pc = frame.pc
        except LookupError:
            pc = 0
        name = frame.name
        if name is not None and name.startswith("0x"):  # newer releases name a frame without symbol by its address
            name = None
        if name is None and pc < USER_SPACE_END:
            return frames, None
        module = module_of(pc)
        if name is None:
            name = symbol_name(pc)
        try:
            source = "{}:{}:{}".format(*frame.source())
        except LookupError:
            source = None
        if name is None:
            if module is None:
                return frames, "the rest of the stack could not be unwound"
            frames.append({"function": module_place(pc), "source": None, "inline": False, "module": module})
            return frames, "there is no debug file of module {}, so its callers are not known".format(module)
        frames.append({"function": name, "source": source, "inline": bool(frame.is_inline), "module": module})
        if len(frames) >= MAX_FRAMES:
            return frames, "the stack goes on after {} frames".format(MAX_FRAMES)
    return frames, None


def clock_now():
    """The newest run queue clock. Those of idle CPUs stand still, so no single one is "now"."""
    newest = 0
    for cpu in for_each_online_cpu(program()):
        newest = max(newest, int(per_cpu(program()["runqueues"], cpu).clock))
    return newest


def last_arrival(task):
    """Run queue clock when the task last got a CPU. It ran for a moment after that, so a wait is a little shorter."""
    info = member(task, "sched_info")
    return int(info.last_arrival) if info is not None else 0


def section_tasks():
    now = clock_now()
    current = {per_cpu(program()["runqueues"], cpu).curr.value_() for cpu in for_each_online_cpu(program())}
    rows = []
    for task in for_each_task(program()):
        row = {"pid": int(task.pid), "tgid": int(task.tgid), "comm": text(task.comm)}
        try:
            row["state"] = task_state_to_char(task)
            row["killable"] = bool(int(member(task, "__state", "state")) & 0x100)  # TASK_WAKEKILL, since 4.14
            row["cpu"] = int(task_cpu(task))
            row["parent"] = int(task.real_parent.pid)
            row["kernel_thread"] = bool(int(task.flags) & 0x00200000)  # PF_KTHREAD, the same in all supported kernels
            row["on_cpu"] = task.value_() in current
            arrival = last_arrival(task)
            row["blocked_ns"] = max(0, now - arrival) if arrival and not row["on_cpu"] and row["state"] != "R" else None
        except Exception as error:
            row["error"] = describe(error)
        try:
            row["stack"], cut = frames_of(task)
            if cut is not None:
                row["stack_error"] = cut
        except Exception as error:
            row["stack"] = []
            row["stack_error"] = describe(error)
        rows.append(row)
    return rows


def resident_pages(mm):
    """Resident pages: an array of counters up to 6.1, per-CPU counters since 6.2."""
    stat = mm.rss_stat
    counts = member(stat, "count") if stat.type_.kind != TypeKind.ARRAY else None
    total = 0
    for name in ("MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES"):
        index = program().constant(name).value_()
        total += int(counts[index].counter) if counts is not None else int(stat[index].count)
    return max(0, total)


def section_processes():
    rows = []
    for task in for_each_task(program()):
        if int(task.pid) != int(task.tgid) or not task.mm.value_():
            continue
        rows.append({"pid": int(task.pid), "comm": text(task.comm), "rss": resident_pages(task.mm) * page_size()})
    rows.sort(key=lambda row: -row["rss"])
    return rows[:5]
