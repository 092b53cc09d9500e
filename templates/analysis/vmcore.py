"""Reads a vmcore with drgn and prints what an analysis needs: one JSON object a line, one line a section.

    drgn -q -c VMCORE -s VMLINUX [-s MODULE.ko.debug ...] vmcore.py

Written for drgn 0.0.22 (Debian 12) and later: it uses helpers that 0.0.22 has, and looks structure members up where
kernels differ. Every section stands alone and is printed when it is done: one that fails, or never ends, leaves the others
as they are.
"""

import json
import sys
import time

from drgn import FaultError, Object, TypeKind, cast
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.idr import idr_for_each
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.nodemask import for_each_online_node
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_cpu, task_state_to_char

PROGRAM = prog  # noqa: F821, set by the drgn command
MAX_FRAMES = 128
USER_SPACE_END = 1 << 57  # of all 64-bit machines: kernel addresses have the topmost bits set


def text(obj):
    return obj.string_().decode("utf-8", "replace")


def member(obj, *names):
    """The first member that this kernel's structure has; None when it has none of them."""
    for name in names:
        try:
            return obj.member_(name)
        except LookupError:
            continue
    return None


def variable(*names):
    for name in names:
        try:
            return PROGRAM[name]
        except KeyError:
            continue
    return None


def number(obj):
    """A plain integer or an atomic one: several counters changed from one to the other between 4.19 and 5.18."""
    kind = obj.type_
    while kind.kind == TypeKind.TYPEDEF:
        kind = kind.type
    return int(obj.counter) if kind.kind == TypeKind.STRUCT else int(obj)


def page_size():
    return int(PROGRAM["PAGE_SIZE"])


def symbol_name(address):
    """Name of the function at an address; None where no symbol is known, as in a module without debug file."""
    try:
        return PROGRAM.symbol(address).name
    except LookupError:
        return None


def function_name(address):
    """For people: a symbol, a place in a module, or the bare address."""
    if address == 0:
        return None
    return symbol_name(address) or module_place(address)


def modules():
    """(name, start, end) of the code and data of every loaded module."""
    found = []
    for mod in list_for_each_entry("struct module", PROGRAM["modules"].address_of_(), "list"):
        name = text(mod.name)
        memory = member(mod, "mem")  # 6.4 and later: one entry for each kind of memory
        if memory is not None:
            areas = [(area.base.value_(), area.size.value_()) for area in memory]
        else:
            areas = []
            for layout in (member(mod, "core_layout"), member(mod, "init_layout")):
                if layout is not None:
                    areas.append((layout.base.value_(), layout.size.value_()))
        found.extend((name, base, base + size) for base, size in areas if base and size)
    return found


MODULES = []


def module_place(address):
    for name, start, end in MODULES:
        if start <= address < end:
            return "{}+{}".format(name, hex(address - start))
    return hex(address)


def module_of(address):
    for name, start, end in MODULES:
        if start <= address < end:
            return name
    return None


def section_kernel():
    uts = PROGRAM["init_uts_ns"].name
    started = variable("tk_core")
    seconds = None
    if started is not None:
        keeper = started.timekeeper
        # Time since boot as the kernel last knew it: the wall clock less what the boot offset says.
        seconds = int(keeper.xtime_sec) + int(keeper.wall_to_monotonic.tv_sec)
    cmdline = variable("saved_command_line")
    return {
        "release": text(uts.release),
        "version": text(uts.version),
        "machine": text(uts.machine),
        "nodename": text(uts.nodename),
        "cmdline": text(cmdline) if cmdline is not None else None,
        "cpus": len(list(for_each_online_cpu(PROGRAM))),
        "uptime_seconds": seconds,
        "tainted": int(PROGRAM["tainted_mask"]),
        "modules": sorted({name for name, _, _ in MODULES}),
    }


def section_panic():
    try:
        thread = PROGRAM.crashed_thread()
    except Exception:  # a dump of a live system has none
        return None
    task = thread.object
    return {"pid": int(task.pid), "comm": text(task.comm), "cpu": int(task_cpu(task))}


def frames_of(task):
    """
    (frames, why the stack ends too early or None). Without a module's debug file there is no unwind data for its code:
    what is found behind such a frame is not to be believed, and is left out.
    """
    frames = []
    for frame in PROGRAM.stack_trace(task):
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
    for cpu in for_each_online_cpu(PROGRAM):
        newest = max(newest, int(per_cpu(PROGRAM["runqueues"], cpu).clock))
    return newest


def last_arrival(task):
    """Run queue clock when the task last got a CPU. It ran for a moment after that, so a wait is a little shorter."""
    info = member(task, "sched_info")
    return int(info.last_arrival) if info is not None else 0


def section_tasks():
    now = clock_now()
    current = {per_cpu(PROGRAM["runqueues"], cpu).curr.value_() for cpu in for_each_online_cpu(PROGRAM)}
    rows = []
    for task in for_each_task(PROGRAM):
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


def counters(array, enum_name):
    """{"NR_FREE_PAGES": n, ...} of an array of atomic counters that an enumeration indexes."""
    found = {}
    for name, index in PROGRAM.type("enum " + enum_name).enumerators:
        if index < len(array):
            found[name] = max(0, int(array[index].counter))
    return found


def section_memory():
    zone = counters(PROGRAM["vm_zone_stat"], "zone_stat_item")
    node = counters(PROGRAM["vm_node_stat"], "node_stat_item")
    total = number(variable("_totalram_pages", "totalram_pages"))
    free = zone["NR_FREE_PAGES"]
    slab_reclaimable = node.get("NR_SLAB_RECLAIMABLE_B", node.get("NR_SLAB_RECLAIMABLE", 0))
    slab_unreclaimable = node.get("NR_SLAB_UNRECLAIMABLE_B", node.get("NR_SLAB_UNRECLAIMABLE", 0))
    zones = list(memory_zones())
    low = sum(z["low"] for z in zones)
    # The estimate of MemAvailable in /proc/meminfo (Documentation/filesystems/proc.rst).
    cache = node["NR_ACTIVE_FILE"] + node["NR_INACTIVE_FILE"]
    reserve = int(PROGRAM["totalreserve_pages"])
    available = free - reserve + cache - min(cache // 2, low) + slab_reclaimable - min(slab_reclaimable // 2, low)
    swap_total = variable("total_swap_pages")
    swap_free = variable("nr_swap_pages")
    size = page_size()
    return {
        "total": total * size,
        "free": free * size,
        "available": max(0, available) * size,
        "anonymous": node["NR_ANON_MAPPED"] * size,
        "file": node["NR_FILE_PAGES"] * size,
        "shared": node["NR_SHMEM"] * size,
        "dirty": node["NR_FILE_DIRTY"] * size,
        "writeback": node["NR_WRITEBACK"] * size,
        "slab_reclaimable": slab_reclaimable * size,
        "slab_unreclaimable": slab_unreclaimable * size,
        "kernel_stacks": node.get("NR_KERNEL_STACK_KB", zone.get("NR_KERNEL_STACK_KB", 0)) * 1024,
        "page_tables": node.get("NR_PAGETABLE", zone.get("NR_PAGETABLE", 0)) * size,
        "swap_total": int(swap_total) * size if swap_total is not None else 0,
        "swap_free": int(swap_free.counter) * size if swap_free is not None else 0,
        "zones": [{k: v * size if isinstance(v, int) else v for k, v in z.items()} for z in zones],
    }


def memory_zones():
    free_index = dict(PROGRAM.type("enum zone_stat_item").enumerators)["NR_FREE_PAGES"]
    marks = dict(PROGRAM.type("enum zone_watermarks").enumerators)
    nodes = variable("node_data")
    if nodes is not None:
        found = [node for node in nodes if node.value_()]
    else:
        found = [PROGRAM["contig_page_data"].address_of_()]
    for node in found:
        for zone in node.node_zones:
            managed = number(zone.managed_pages)
            if managed == 0:
                continue
            watermark = member(zone, "_watermark", "watermark")
            boosted = member(zone, "watermark_boost")
            boost = int(boosted) if boosted is not None else 0
            yield {
                "name": text(zone.name),
                "managed": managed,
                "free": max(0, int(zone.vm_stat[free_index].counter)),
                "min": int(watermark[marks["WMARK_MIN"]]) + boost,
                "low": int(watermark[marks["WMARK_LOW"]]) + boost,
                "high": int(watermark[marks["WMARK_HIGH"]]) + boost,
            }


def section_slabs():
    """The caches that hold the most memory (needs CONFIG_SLUB_DEBUG, which keeps the counts)."""
    rows = []
    for cache in list_for_each_entry("struct kmem_cache", PROGRAM["slab_caches"].address_of_(), "list"):
        slabs = objects = 0
        # The array is as long as the machine has nodes, not as its type says.
        for number in for_each_online_node(PROGRAM):
            node = cache.node[number]
            slabs += int(node.nr_slabs.counter)
            objects += int(node.total_objects.counter)
        order = int(cache.oo.x) >> 16
        rows.append(
            {
                "name": text(cache.name),
                "bytes": (slabs * page_size()) << order,
                "objects": objects,
                "object_size": int(cache.object_size),
            }
        )
    rows.sort(key=lambda row: -row["bytes"])
    return rows[:10]


def resident_pages(mm):
    """Resident pages: an array of counters up to 6.1, per-CPU counters since 6.2."""
    stat = mm.rss_stat
    counts = member(stat, "count") if stat.type_.kind != TypeKind.ARRAY else None
    total = 0
    for name in ("MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES"):
        index = PROGRAM.constant(name).value_()
        total += int(counts[index].counter) if counts is not None else int(stat[index].count)
    return max(0, total)


def section_processes():
    rows = []
    for task in for_each_task(PROGRAM):
        if int(task.pid) != int(task.tgid) or not task.mm.value_():
            continue
        rows.append({"pid": int(task.pid), "comm": text(task.comm), "rss": resident_pages(task.mm) * page_size()})
    rows.sort(key=lambda row: -row["rss"])
    return rows[:5]


def queue_of(work):
    """Name of the workqueue that a work item is queued on, from the pool_workqueue that its data points to."""
    data = int(work.data.counter)
    if not data & 4:  # WORK_STRUCT_PWQ: bit 2 in all supported kernels
        return None
    # The low bits are flags: 8 of them, 5 for colours and such before 5.x. A pool_workqueue is aligned to 256 bytes.
    address = data & ~0xFF
    try:
        return text(Object(PROGRAM, "struct pool_workqueue *", address).wq.name)
    except (FaultError, LookupError):
        return None


def work_row(work):
    return {"function": function_name(work.func.value_()), "workqueue": queue_of(work)}


def section_workqueues():
    pools = []
    for _, entry in idr_for_each(PROGRAM["worker_pool_idr"].address_of_()):
        pool = cast("struct worker_pool *", entry)
        busy = []
        for worker in list_for_each_entry("struct worker", pool.workers.address_of_(), "node"):
            function = worker.current_func.value_()
            if not function:
                continue
            queue = worker.current_pwq
            busy.append(
                {
                    "pid": int(worker.task.pid),
                    "comm": text(worker.task.comm),
                    "function": function_name(function),
                    "workqueue": text(queue.wq.name) if queue.value_() else None,
                    "state": task_state_to_char(worker.task),
                }
            )
        pending = [
            work_row(work)
            for work in list_for_each_entry("struct work_struct", pool.worklist.address_of_(), "entry")
        ]
        if not busy and not pending:
            continue
        pools.append(
            {
                "id": int(pool.id),
                "cpu": int(pool.cpu),
                "nice": int(pool.attrs.nice),
                "workers": int(pool.nr_workers),
                "idle": int(pool.nr_idle),
                "running": number(pool.nr_running),
                "busy": busy,
                "pending": pending[:50],
                "pending_count": len(pending),
            }
        )
    return {"pools": pools, "held_back": list(held_back())}


def held_back():
    """Workqueues with work that waits for max_active, before it is even on a pool's list."""
    for queue in list_for_each_entry("struct workqueue_struct", PROGRAM["workqueues"].address_of_(), "list"):
        for pwq in list_for_each_entry("struct pool_workqueue", queue.pwqs.address_of_(), "pwqs_node"):
            waiting = member(pwq, "inactive_works", "delayed_works")
            works = list(list_for_each_entry("struct work_struct", waiting.address_of_(), "entry"))
            if works:
                yield {
                    "workqueue": text(queue.name),
                    "cpu": int(pwq.pool.cpu),
                    "count": len(works),
                    "function": function_name(works[0].func.value_()),
                }


def section_log():
    from drgn.helpers.linux.printk import get_dmesg

    return get_dmesg(PROGRAM).decode("utf-8", "replace")


def describe(error):
    return "{}: {}".format(type(error).__name__, error)


SECTIONS = {
    "kernel": section_kernel,
    "panic": section_panic,
    "tasks": section_tasks,
    "memory": section_memory,
    "slabs": section_slabs,
    "processes": section_processes,
    "workqueues": section_workqueues,
    "log": section_log,
}


def answer(name, section):
    row = {"section": name}
    started = time.monotonic()
    try:
        row["value"] = section()
    except Exception as error:
        row["error"] = describe(error)
    row["ms"] = round((time.monotonic() - started) * 1000)
    json.dump(row, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()


def main():
    # Without the list of modules only their names are missing from frames.
    try:
        MODULES.extend(modules())
    except Exception as error:
        json.dump({"section": "modules", "error": describe(error), "ms": 0}, sys.stdout)
        sys.stdout.write("\n")
    for name, section in SECTIONS.items():
        answer(name, section)


main()
