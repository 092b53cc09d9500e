"""The memory of a vmcore: what /proc/meminfo, /proc/zoneinfo and slabtop would have said."""

from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.nodemask import for_each_online_node

from reading.objects import member, number, page_size, program, text, variable


def counters(array, enum_name):
    """{"NR_FREE_PAGES": n, ...} of an array of atomic counters that an enumeration indexes."""
    found = {}
    for name, index in program().type("enum " + enum_name).enumerators:
        if index < len(array):
            found[name] = max(0, int(array[index].counter))
    return found


def section_memory():
    zone = counters(program()["vm_zone_stat"], "zone_stat_item")
    node = counters(program()["vm_node_stat"], "node_stat_item")
    total = number(variable("_totalram_pages", "totalram_pages"))
    free = zone["NR_FREE_PAGES"]
    slab_reclaimable = node.get("NR_SLAB_RECLAIMABLE_B", node.get("NR_SLAB_RECLAIMABLE", 0))
    slab_unreclaimable = node.get("NR_SLAB_UNRECLAIMABLE_B", node.get("NR_SLAB_UNRECLAIMABLE", 0))
    zones = list(memory_zones())
    low = sum(z["low"] for z in zones)
    # The estimate of MemAvailable in /proc/meminfo (Documentation/filesystems/proc.rst).
    cache = node["NR_ACTIVE_FILE"] + node["NR_INACTIVE_FILE"]
    reserve = int(program()["totalreserve_pages"])
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
    free_index = dict(program().type("enum zone_stat_item").enumerators)["NR_FREE_PAGES"]
    marks = dict(program().type("enum zone_watermarks").enumerators)
    nodes = variable("node_data")
    if nodes is not None:
        found = [node for node in nodes if node.value_()]
    else:
        found = [program()["contig_page_data"].address_of_()]
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
    for cache in list_for_each_entry("struct kmem_cache", program()["slab_caches"].address_of_(), "list"):
        slabs = objects = 0
        # The array is as long as the machine has nodes, not as its type says.
        for number in for_each_online_node(program()):
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
