"""The workqueues of a vmcore: who works on what, and what waits."""

from drgn import FaultError, Object, cast
from drgn.helpers.linux.idr import idr_for_each
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.sched import task_state_to_char

from reading.objects import function_name, member, number, program, text


def queue_of(work):
    """Name of the workqueue that a work item is queued on, from the pool_workqueue that its data points to."""
    data = int(work.data.counter)
    if not data & 4:  # WORK_STRUCT_PWQ: bit 2 in all supported kernels
        return None
    # The low bits are flags: 8 of them, 5 for colours and such before 5.x. A pool_workqueue is aligned to 256 bytes.
    address = data & ~0xFF
    try:
        return text(Object(program(), "struct pool_workqueue *", address).wq.name)
    except (FaultError, LookupError):
        return None


def work_row(work):
    return {"function": function_name(work.func.value_()), "workqueue": queue_of(work)}


def section_workqueues():
    pools = []
    for _, entry in idr_for_each(program()["worker_pool_idr"].address_of_()):
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
    for queue in list_for_each_entry("struct workqueue_struct", program()["workqueues"].address_of_(), "list"):
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
