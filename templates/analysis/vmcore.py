"""Reads a vmcore with drgn and prints what an analysis needs: one JSON object a line, one line a section.

    drgn -q -c VMCORE -s VMLINUX [-s MODULE.ko.debug ...] vmcore.py

Written for drgn 0.0.22 (Debian 12) and later: it uses helpers that 0.0.22 has, and looks structure members up where
kernels differ. Every section stands alone and is printed when it is done: one that fails, or never ends, leaves the others
as they are.
"""

import json
import sys
import time

from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.sched import task_cpu

# What is installed stays as it was installed.
sys.dont_write_bytecode = True

from reading import objects  # noqa: E402
from reading.memory import section_memory, section_slabs  # noqa: E402
from reading.objects import MODULES, describe, program, text, variable  # noqa: E402
from reading.tasks import section_processes, section_tasks  # noqa: E402
from reading.workqueues import section_workqueues  # noqa: E402

objects.bind(prog)  # noqa: F821, set by the drgn command


def section_kernel():
    uts = program()["init_uts_ns"].name
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
        "cpus": len(list(for_each_online_cpu(program()))),
        "uptime_seconds": seconds,
        "tainted": int(program()["tainted_mask"]),
        "modules": sorted({name for name, _, _ in MODULES}),
    }


def section_panic():
    try:
        thread = program().crashed_thread()
    except Exception:  # a dump of a live system has none
        return None
    task = thread.object
    return {"pid": int(task.pid), "comm": text(task.comm), "cpu": int(task_cpu(task))}


def section_log():
    from drgn.helpers.linux.printk import get_dmesg

    return get_dmesg(program()).decode("utf-8", "replace")


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
        MODULES.extend(objects.modules())
    except Exception as error:
        json.dump({"section": "modules", "error": describe(error), "ms": 0}, sys.stdout)
        sys.stdout.write("\n")
    for name, section in SECTIONS.items():
        answer(name, section)


main()
